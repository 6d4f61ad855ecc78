# shellcheck shell=sh
# Docker Compose v2. Debian 13 has it as a package; Debian 12 has only version 1, so its plugin comes from Debian 13's
# package, unpacked and not installed: no other suite is left in this machine's sources.

install_compose() {
  if found=$(compose_found); then
    already "present: $found"
    return
  fi
  [ -z "$root" ] || fail 'The image has no Docker Compose v2.' \
    'install docker-compose in a Debian 13 image; Debian 12 has none: put a Compose v2 plugin at usr/local/lib/docker/cli-plugins/docker-compose'
  would "fetch Debian 13's plugin to $compose_plugin" && return
  [ "$offline" = no ] || fail 'There is no Docker Compose v2.' "put a Compose v2 plugin at $compose_plugin"
  fetch_package_lists
  doing 'fetching the plugin'
  run 600 sh "$parts/fetch-compose.sh" "$compose_plugin" || fail 'The Docker Compose plugin could not be fetched.' \
    "check that this machine's Debian mirror also has Debian 13 (trixie), or put a Compose v2 plugin at $compose_plugin"
  make_state_folder
  sha256sum "$compose_plugin" >"$installed_compose"
  found=$(compose_found) || fail "The plugin at $compose_plugin does not run." "run it by hand: $compose_plugin version"
  did "installed $found"
}

# compose_found: prints the version of the first Compose that the agent would use (agent/engine/compose-plugin.ts looks
# there). That of an image is not run: it may be of another architecture.
compose_found() {
  for folder in /usr/local/lib/docker/cli-plugins /usr/local/libexec/docker/cli-plugins /usr/libexec/docker/cli-plugins \
    /usr/lib/docker/cli-plugins /usr/local/bin /usr/bin; do
    [ -x "$root$folder/docker-compose" ] || continue
    if [ -n "$root" ]; then
      echo "$folder/docker-compose"
      return
    fi
    version=$(timeout 20 "$folder/docker-compose" version --short 2>/dev/null) || continue
    case ${version#v} in
      [2-9].*) echo "${version#v}" && return 0 ;;
    esac
  done
  return 1
}
