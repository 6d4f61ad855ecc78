#!/bin/sh
# Installs appliance-agent on a Debian 12 or 13 machine, or removes it again. See README.md for what it changes.
# Every step checks before it acts: a run that was interrupted is simply started again, a second run changes nothing.
set -eu
umask 022
export LC_ALL=C.UTF-8
PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" # `su` without `-` leaves the sbin folders out

clone=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
parts=$clone/agent/release/install
# shellcheck source=agent/release/install/places.sh
. "$parts/places.sh"
# shellcheck source=agent/release/install/terminal.sh
. "$parts/terminal.sh"
# shellcheck source=agent/release/install/machine.sh
. "$parts/machine.sh"
# shellcheck source=agent/release/install/packages.sh
. "$parts/packages.sh"
# shellcheck source=agent/release/install/compose.sh
. "$parts/compose.sh"
# shellcheck source=agent/release/install/build.sh
. "$parts/build.sh"
# shellcheck source=agent/release/install/release.sh
. "$parts/release.sh"
# shellcheck source=agent/release/install/engine.sh
. "$parts/engine.sh"
# shellcheck source=agent/release/install/docker-setting.sh
. "$parts/docker-setting.sh"
# shellcheck source=agent/release/install/service.sh
. "$parts/service.sh"
# shellcheck source=agent/release/install/stack.sh
. "$parts/stack.sh"
# shellcheck source=agent/release/install/uninstall.sh
. "$parts/uninstall.sh"

usage() {
  cat <<'TEXT'
Usage: sudo ./install.sh --demo [--allow-daemon-json]
       sudo ./install.sh --uninstall [--purge]

  --demo       installs the agent on this machine with the embedded demonstration stack, starts it, waits until
               it serves, prints `agentctl status` and exits with its status (0 ok, 1 degraded, 2 critical, 3 unknown)
  --allow-daemon-json
               with --demo: where Docker 29 keeps its rules with nftables, adds the one setting that lets media through
               to its configuration, /etc/docker/daemon.json, keeps a backup, and starts Docker anew
  --uninstall  removes what --demo installed; keeps the configuration and the recorded state
  --purge      with --uninstall: removes the configuration and the recorded state too
  --help       prints this text

Exit status besides: 64 wrong usage, 69 a step failed (it says which and what to do next), 77 not root.
TEXT
}

install_demo() {
  step 'This machine' check_machine
  step 'Debian packages' install_packages
  step 'Compose plugin' install_compose
  step 'Node.js and npm' find_npm
  step 'Dependencies' install_dependencies
  step 'Build' build_agent
  step 'Release' place_release
  step 'Docker Engine' start_engine
  step 'Docker setting' allow_mark
  step 'Images' build_images
  step 'Configuration' write_configuration
  step 'Agent' start_agent
  step 'Stack' await_stack
  echo
  if [ "$changes" -eq 0 ]; then
    echo "nothing to do: appliance-agent $(cat "$current/VERSION") was already installed and running; nothing was changed"
  else
    echo "appliance-agent $(cat "$current/VERSION") is installed and runs $(how_it_runs)"
  fi
  echo
  show_status
}

mode=
purge=no
allow_daemon_json=no
for argument; do
  case $argument in
    --demo) mode=${mode:+conflict}${mode:-demo} ;;
    --uninstall) mode=${mode:+conflict}${mode:-uninstall} ;;
    --purge) purge=yes ;;
    --allow-daemon-json) allow_daemon_json=yes ;;
    --help | -h) usage && exit 0 ;;
    *) refuse 64 "unknown argument: $argument" 'see ./install.sh --help' ;;
  esac
done
case $mode in
  demo) [ "$purge" = no ] || refuse 64 '--purge goes with --uninstall' 'see ./install.sh --help' ;;
  uninstall) [ "$allow_daemon_json" = no ] || refuse 64 '--allow-daemon-json goes with --demo' 'see ./install.sh --help' ;;
  '') usage >&2 && exit 64 ;;
  *) refuse 64 'choose one of --demo and --uninstall' 'see ./install.sh --help' ;;
esac
[ "$(id -u)" -eq 0 ] || refuse 77 'this needs root' "run: sudo ./install.sh $*"

open_log "$mode"
case $mode in
  demo) install_demo ;;
  uninstall) uninstall "$purge" ;;
esac
