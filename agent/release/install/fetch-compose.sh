#!/bin/sh
# fetch-compose.sh TARGET: puts Debian 13's Compose v2 plugin at TARGET. The machine's apt state is neither changed nor used
# but for its configuration (proxy, credentials, keyring); no suite is added anywhere. Needs root or not: both work.
set -eu
target=$1
[ "$(uname -s)" = Linux ] || exit 69

# 1. The machine's own archive, as apt itself reads it (one-line and deb822 sources, mirror+file:, proxies …).
#    Only the release's own suite: not -updates, -security (another archive root) or a third party's repository.
codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
# shellcheck disable=SC2016 # $(RELEASE) and the others are apt's own fields
archive=$(apt-get indextargets --format '$(RELEASE)|$(CODENAME)|$(COMPONENT)|$(REPO_URI)' 'Created-By: Packages' |
  awk -F'|' -v codename="$codename" '$3 == "main" && ($1 == codename || $2 == codename) { print $4; exit }')
[ -n "$archive" ] || { echo "no Debian '$codename' main in this machine's apt sources" >&2; exit 69; }

# 2. A private apt: its own sources, lists and cache; the machine's apt.conf (proxy), auth and dpkg status are read as usual.
private=$(mktemp -d)
trap 'rm -rf "$private"' EXIT
trap 'exit 1' HUP INT TERM
chmod 755 "$private"                    # apt's sandbox user _apt must reach it
mkdir -p "$private/lists/partial" "$private/cache/archives/partial" "$private/download"
if id _apt >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
  chown _apt "$private/lists/partial" "$private/cache/archives/partial" "$private/download"
fi
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r "$keyring" ] && signed="[signed-by=$keyring] " || signed=
printf 'deb %s%s trixie main\n' "$signed" "$archive" >"$private/sources.list"
private_apt() {
  apt-get -qq -o Dir::Etc::sourcelist="$private/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
    -o Dir::State::lists="$private/lists" -o Dir::Cache="$private/cache" -o APT::Default-Release= \
    -o Acquire::Languages=none -o Acquire::Retries=3 -o APT::Update::Error-Mode=any "$@"
}
private_apt update
(cd "$private/download" && private_apt download docker-compose)   # verified by apt: signed Release -> Packages -> SHA256

# 3. The plugin is one static-enough binary (needs libc6 >= 2.34 only; bookworm has 2.36).
dpkg-deb -x "$private"/download/docker-compose_*.deb "$private/root"
plugin=$private/root/usr/libexec/docker/cli-plugins/docker-compose
case $("$plugin" version --short) in
  2.* | v2.* | [3-9].* | v[3-9].*) ;;
  *) echo "the package does not hold a Compose v2 plugin that runs here" >&2; exit 69 ;;
esac
mkdir -p "$(dirname "$target")"
install -m 0755 "$plugin" "$target.new.$$"
mv -f "$target.new.$$" "$target"
