#!/bin/sh
# Installs appliance-agent on a Debian 12 or 13 machine or in an image, or removes it again. See README.md for what it
# changes. Every step checks before it acts: a run that was interrupted is simply started again, a second run changes
# nothing.
set -eu
umask 022
export LC_ALL=C.UTF-8
PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" # `su` without `-` leaves the sbin folders out

clone=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
parts=$clone/agent/release/install
# shellcheck source=agent/release/install/arguments.sh
. "$parts/arguments.sh"
read_arguments "$@"
# shellcheck source=agent/release/install/places.sh
. "$parts/places.sh"
# shellcheck source=agent/release/install/terminal.sh
. "$parts/terminal.sh"
# shellcheck source=agent/release/install/files.sh
. "$parts/files.sh"
# shellcheck source=agent/release/install/bundle.sh
. "$parts/bundle.sh"
# shellcheck source=agent/release/install/machine.sh
. "$parts/machine.sh"
# shellcheck source=agent/release/install/packages.sh
. "$parts/packages.sh"
# shellcheck source=agent/release/install/compose.sh
. "$parts/compose.sh"
# shellcheck source=agent/release/install/build.sh
. "$parts/build.sh"
# shellcheck source=agent/release/install/images.sh
. "$parts/images.sh"
# shellcheck source=agent/release/install/release.sh
. "$parts/release.sh"
# shellcheck source=agent/release/install/configuration.sh
. "$parts/configuration.sh"
# shellcheck source=agent/release/install/engine.sh
. "$parts/engine.sh"
# shellcheck source=agent/release/install/docker-setting.sh
. "$parts/docker-setting.sh"
# shellcheck source=agent/release/install/units.sh
. "$parts/units.sh"
# shellcheck source=agent/release/install/service.sh
. "$parts/service.sh"
# shellcheck source=agent/release/install/stack.sh
. "$parts/stack.sh"
# shellcheck source=agent/release/install/seal.sh
. "$parts/seal.sh"
# shellcheck source=agent/release/install/uninstall.sh
. "$parts/uninstall.sh"

install_here() {
  if from_bundle; then total_steps=10; else total_steps=13; fi
  step 'This machine' check_machine
  step 'Debian packages' install_packages
  step 'Compose plugin' install_compose
  if from_bundle; then
    step 'Images' place_archives
    step 'Release' place_release
  else
    step 'Node.js and npm' find_npm
    step 'Dependencies' install_dependencies
    step 'Build' build_agent
    step 'Images' build_images
    step 'Release' place_release
  fi
  step 'Docker Engine' start_engine
  step 'Docker setting' allow_mark
  step 'Configuration' write_configuration
  step 'Agent' start_agent
  step 'Stack' await_stack
  conclude "installed and running" "is installed and runs $(how_it_runs)"
}

install_in_image() {
  total_steps=7
  step 'The image' check_image
  step 'Debian packages' install_packages
  step 'Compose plugin' install_compose
  step 'Images' place_archives
  step 'Release' place_release
  step 'Configuration' write_configuration
  step 'Units' enable_units
  conclude installed "is installed in $root"
}

seal() {
  total_steps=2
  step 'Clean' seal_image
  step 'Lint' lint_image
  conclude sealed "is sealed in $root"
}

roll_back() {
  total_steps=3
  step 'Release' go_back
  step 'Agent' start_agent
  step 'Stack' await_stack
  conclude running "runs $(how_it_runs)"
}

# conclude STATE WHAT-NOW: the end of a run in which no step failed.
conclude() {
  release=$(cat "$current/VERSION" 2>/dev/null || echo none)
  [ "$json" = no ] || report_json result ok release "$release" changed "$([ "$changes" -gt 0 ] && echo yes || echo no)"
  say ''
  if [ "$dry_run" = yes ]; then
    say "$changes of $total_steps steps would change something; nothing was changed"
    [ "$check" = no ] || [ "$changes" -eq 0 ] || exit 1
  elif [ "$changes" -eq 0 ]; then
    say "nothing to do: appliance-agent $release was already $1${root:+ in $root}; nothing was changed"
  else
    say "appliance-agent $release $2"
  fi
  if [ -n "$root" ] || [ "$dry_run" = yes ]; then return; fi
  if [ "$json" = yes ]; then show_status >/dev/null; else echo && show_status; fi
}

[ "$(id -u)" -eq 0 ] || refuse 77 'this needs root' "run: sudo ./install.sh $*"
begin
case $mode in
  live | demo | root)
    if from_bundle; then
      verify_bundle
    elif is_installed_release || [ "$mode" = root ] || [ "$offline" = yes ]; then
      refuse 69 'this is not a release bundle' 'make one: npm run release; unpack it, and use the install.sh in it'
    fi
    ;;
esac
[ "$mode" != rollback ] || [ -e "$current" ] ||
  refuse 69 'appliance-agent is not installed' 'install a release from its bundle: sudo ./install.sh --live'
open_log "$mode"
case $mode in
  live | demo) install_here ;;
  root) install_in_image ;;
  seal) seal ;;
  rollback) roll_back ;;
  uninstall) uninstall "$purge" ;;
esac
