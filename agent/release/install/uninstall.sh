# shellcheck shell=sh
# Removes what is ours and nothing else. Needs no Node.js, works on half an installation, and may run twice.

removed=

# uninstall PURGE: `yes` removes the configuration and the recorded state too.
uninstall() {
  package_hint=$(remaining_packages)
  remove_agent
  disable_coturn
  if our_engine_objects_may_exist; then remove_engine_objects; fi
  remove_rules
  remove_compose_plugin
  revert_docker_setting
  stop_our_engine
  remove_path "$agentctl" 'agentctl' only_link_to_us
  remove_path "$banner" 'the banner of the console'
  rmdir --ignore-fail-on-non-empty "$(dirname "$banner")" 2>/dev/null || :
  remove_path "$product" 'the release'
  remove_path "$images" 'the image archives'
  remove_path "$cache" 'the build folder'
  remove_path "$runtime" 'runtime files'
  remove_path "$state/ballast" 'what was set aside for a full disk'
  if [ "$1" = yes ]; then
    remove_path "$configuration" 'the configuration'
    remove_path "$state" 'the recorded state'
  fi
  rm -rf "$logs"
  report "$1"
}

note() {
  removed=yes
  printf 'removed %s\n' "$1"
}

remove_agent() {
  remove_units
  # The agent in the background, and any agentctl that still watches: programs that run from our folder.
  for process in $(find /proc/[0-9]*/exe -lname "$product/*" 2>/dev/null | cut -d/ -f3); do
    stop_process "$process" 30
    note "process $process"
  done
}

# While the release or the images are there (they go last), containers may be, even if the engine is down now.
our_engine_objects_may_exist() {
  command -v dockerd >/dev/null && { [ -e "$product" ] || [ -e "$images" ] || engine_version >/dev/null; }
}

remove_engine_objects() {
  engine_was_down=no
  if ! engine_version >/dev/null; then
    engine_was_down=yes
    if has_systemd; then run 120 systemctl start docker.service || :; else launch_engine; fi
    await_engine || fail 'The Docker Engine does not answer, so its containers cannot be removed.' \
      'start it, then run ./install.sh --uninstall again'
  fi
  remove_each container "$(docker_cli ps --all --quiet --filter label=org.appliance-agent.stack)" rm --force --volumes
  remove_each network "$(docker_cli network ls --quiet --filter label=org.appliance-agent.stack)" network rm
  remove_each image "$(our_images)" image rm --force
  [ "$engine_was_down" = no ] || ! has_systemd || run 120 systemctl stop docker.service docker.socket || :
}

# remove_each KIND IDS DOCKER-COMMAND…
remove_each() {
  kind=$1 ids=$2
  shift 2
  for id in $ids; do
    docker_cli "$@" "$id" >>"$log" 2>&1 || fail "The $kind $id could not be removed." "see $log; run: docker $* $id"
    note "$kind $id"
  done
}

# The images of the manifest, and of earlier ones that carry our label.
our_images() {
  {
    docker_cli images --all --quiet --no-trunc --filter label=org.appliance-agent.service
    for image in $(grep -o '"imageId": *"sha256:[0-9a-f]*"' "$images/images/images.json" 2>/dev/null | grep -o 'sha256:[0-9a-f]*'); do
      docker_cli image inspect --format '{{.Id}}' "$image" 2>/dev/null || :
    done
  } | sort -u
}

remove_rules() {
  if command -v nft >/dev/null && nft list table inet appliance >/dev/null 2>&1; then
    run 30 nft delete table inet appliance || fail 'The nftables table inet appliance could not be deleted.' "see $log"
    note 'nftables table inet appliance'
  fi
  for tables in iptables ip6tables; do
    command -v "$tables" >/dev/null || continue
    "$tables" -w 10 -S DOCKER-USER 2>/dev/null | grep -- '--comment "\{0,1\}appliance-agent' | sed 's/^-A /-D /' >"$scratch/rules" || :
    while read -r rule; do
      printf '%s\n' "$rule" | xargs "$tables" -w 10 || fail "The rule \"$rule\" could not be removed." "run: $tables $rule"
      note "$tables rule in DOCKER-USER"
    done <"$scratch/rules"
  done
}

remove_compose_plugin() {
  [ -e "$installed_compose" ] || return 0
  if sha256sum --check --status "$installed_compose" 2>/dev/null; then
    rm -f "$compose_plugin"
    rmdir --ignore-fail-on-non-empty -p "$(dirname "$compose_plugin")" 2>/dev/null || :
    note 'the Compose plugin'
  fi
  rm -f "$installed_compose"
}

# Only an engine that this installer started, and only if nobody else's containers live in it.
stop_our_engine() {
  process_runs "$engine_pid" dockerd || return 0
  others=$(docker_cli ps --all --quiet | wc -l)
  if [ "$others" -gt 0 ]; then
    echo "kept the Docker Engine (pid $(cat "$engine_pid")): it has $others containers that are not ours"
    return
  fi
  stop_process "$(cat "$engine_pid")" 60
  note 'process dockerd'
}

# remove_path PATH WHAT [CHECK]
remove_path() {
  [ -e "$1" ] || [ -L "$1" ] || return 0
  [ -z "${3:-}" ] || "$3" "$1" || return 0
  rm -rf "$1"
  note "$2 ($1)"
}

only_link_to_us() { case $(readlink "$1") in "$product"/*) ;; *) return 1 ;; esac; }

# Packages that this installer brought and that are still there.
remaining_packages() {
  [ -r "$installed_packages" ] || return 0
  while read -r package; do
    [ -n "$(missing_packages "$package")" ] || printf '%s ' "$package"
  done <"$installed_packages"
}

report() {
  [ -n "$removed" ] || echo 'nothing to do: appliance-agent is not installed'
  for kept in "$configuration" "$state"; do
    [ ! -e "$kept" ] || echo "kept $kept (./install.sh --uninstall --purge removes it)"
  done
  [ -z "$package_hint" ] || printf 'kept Debian packages that were installed for it; to remove them too:\n  apt-get purge --auto-remove %s\n' "$package_hint"
}
