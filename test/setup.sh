#!/bin/sh
# Prepares a clone for `npm test`: dependencies from the lockfile; as root on Debian also the packages that the tiers
# with real parts need, and the Compose plugin. Does only what is missing, so it may run before every test run.
# Starts and enables no service. Runs under any POSIX sh, before there is a Node of the right version.
set -eu
umask 022
cd "$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)"
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin" # `su` without `-` leaves them out

SERVICE_GUARD=/usr/sbin/policy-rc.d
mkdir -p .cache
log=$PWD/.cache/setup.log

say() { echo "setup: $*"; }

# run WORDS…: quiet, bounded in time; when it fails, the end of its output is shown.
run() {
  if timeout 1800 "$@" >"$log" 2>&1 </dev/null; then return 0; fi
  tail -n 20 "$log" >&2
  say "failed: $* (whole output: $log)" >&2
  exit 69
}

install_dependencies() {
  installed=node_modules/.package-lock.json
  if [ -x node_modules/.bin/node ] && [ -z "$(find package-lock.json -newer "$installed")" ]; then return 0; fi
  command -v npm >/dev/null || {
    say 'npm is needed to fetch the dependencies: install Node.js with npm (apt-get install nodejs npm)' >&2
    exit 69
  }
  say 'dependencies from the lockfile (npm ci)'
  # NODE_ENV=production or omit=dev of the caller would leave out the test runner.
  run npm ci --ignore-scripts --include=dev --include=optional --no-audit --no-fund
  # npm 9, which is Debian 12's, does not link the program of an optional dependency at first.
  [ -x node_modules/.bin/node ] || run npm rebuild --ignore-scripts
  [ -x node_modules/.bin/node ] || {
    say "there is no pinned Node.js for this machine ($(uname -sm)): Linux on x64 or arm64 is needed" >&2
    exit 69
  }
  # npm leaves the older time of its cache on some systems; this marks that the lockfile was followed.
  touch "$installed"
}

# A command that the tiers need, the Debian package that has it, and the services that the package enables.
required() {
  cat <<'LIST'
dockerd docker.io docker.service docker.socket containerd.service
nft nftables
iptables iptables
conntrack conntrack
ip iproute2
ping iputils-ping
sysctl procps
turnutils_uclient coturn coturn.service
redis-server redis-server redis-server.service
curl curl
faketime faketime
openssl openssl
shellcheck shellcheck
mmdebstrap mmdebstrap
systemd-nspawn systemd-container
mke2fs e2fsprogs
LIST
}

install_packages() {
  missing=$(required | while read -r command package _; do
    command -v "$command" >/dev/null || printf '%s ' "$package"
  done)
  [ -n "$missing" ] || return 0
  say "Debian packages: $missing"
  guard_services
  export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l
  run apt-get --quiet -o DPkg::Lock::Timeout=300 update
  # shellcheck disable=SC2086 # a list of names
  run apt-get --yes --quiet --no-install-recommends -o DPkg::Lock::Timeout=300 install $missing
  remove_service_guard
  [ -d /run/systemd/system ] || return 0
  # Not even at the next start of this machine. What was installed before is left as it was.
  required | while read -r _ package services; do
    # shellcheck disable=SC2086 # a list of names
    case " $missing" in
      *" $package "*) [ -z "$services" ] || run systemctl disable $services ;;
    esac
  done
}

# policy-rc.d (invoke-rc.d(8)) answers 101: no service is started. A guard that the machine has already is kept.
guard_services() {
  guarded=no
  [ ! -e "$SERVICE_GUARD" ] || return 0
  trap remove_service_guard EXIT
  trap 'exit 1' HUP INT TERM
  guarded=yes
  printf '#!/bin/sh\nexit 101\n' >"$SERVICE_GUARD"
  chmod 755 "$SERVICE_GUARD"
}

remove_service_guard() {
  [ "$guarded" = no ] || rm -f "$SERVICE_GUARD"
  guarded=no
}

install_compose() {
  plugin=.cache/cli-plugins/docker-compose
  [ ! -x "$plugin" ] || return 0
  say 'the Docker Compose plugin'
  run sh agent/release/install/fetch-compose.sh "$PWD/$plugin"
}

install_dependencies
if [ "$(id -u)" -eq 0 ] && [ -e /etc/debian_version ]; then
  install_packages
  install_compose
fi
