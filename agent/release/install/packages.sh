# shellcheck shell=sh
# What comes from Debian, with Debian's own package manager and nothing else.

APT_SECONDS=1800
SERVICE_GUARD=/usr/sbin/policy-rc.d
SERVICE_GUARD_MARK="# Made by appliance-agent's install.sh, removed when it ends."
service_guard_is_ours=no

install_packages() {
  wanted='nftables iptables conntrack procps iproute2 ca-certificates'
  from_bundle || wanted="$wanted coturn" # its image is made of it; a bundle has the image
  # Docker's own packages (docker-ce) conflict with Debian's: an engine that is there is used as it is.
  has_program dockerd || wanted="docker.io $wanted"
  if [ "$debian_version" = 13 ]; then
    has_program docker || wanted="$wanted docker-cli"
    compose_found >/dev/null || wanted="$wanted docker-compose"
  fi
  missing=$(missing_packages "$wanted")
  if [ -z "$missing" ]; then
    [ "$dry_run" = yes ] || [ -n "$root" ] || disable_coturn # a run that was cut short may have left it to this one
    already "present: $(package_versions 'docker.io nftables coturn')"
    return
  fi
  [ -z "$root" ] || fail "The image lacks Debian packages: $missing" \
    "install them in it, e.g. mmdebstrap --include=$(echo "$missing" | tr ' ' ',' | sed 's/,$//') …"
  would "install $missing" && return
  [ "$offline" = no ] || fail "Debian packages are missing: $missing" \
    "install them from your own medium, or run it again without --offline: apt-get install $missing"
  apt_install "$missing"
  did "installed $(package_versions "$missing")"
}

# has_program NAME: where Debian's packages put programs, of this machine or of the image.
has_program() {
  for folder in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin; do
    if [ -x "$root$folder/$1" ]; then return 0; fi
  done
  return 1
}

# missing_packages NAMES: those that are not installed.
missing_packages() {
  for package in $1; do
    [ "$(dpkg-query --admindir="$root/var/lib/dpkg" -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s ' "$package"
  done
}

# package_versions NAMES: `docker.io 20.10.24, nftables 1.0.6`, upstream's version numbers only.
package_versions() {
  for package in $1; do
    version=$(dpkg-query --admindir="$root/var/lib/dpkg" -W -f '${source:Upstream-Version}' "$package" 2>/dev/null) || continue
    printf ', %s %s' "$package" "${version%%+*}"
  done | cut -c3-
}

# apt_install NAMES: records which of them this installer brought, before it does, so that a run that is cut short
# does not forget.
apt_install() {
  fetch_package_lists
  make_state_folder
  for package in $1; do
    grep -qx "$package" "$installed_packages" 2>/dev/null || echo "$package" >>"$installed_packages"
  done
  case " $1 " in *' coturn '*) : >"$coturn_to_disable" ;; esac
  guard_services
  finish_interrupted_dpkg
  doing "apt-get install: $(echo "$1" | wc -w) packages"
  # shellcheck disable=SC2086 # a list of names
  apt install --no-install-recommends $1 || fail "Debian's packages could not be installed ($1)." \
    'see the lines above; "dpkg --configure -a" and "apt-get --fix-broken install" repair a half-installed package'
  remove_service_guard
  disable_coturn
}

make_state_folder() {
  mkdir -p "$state"
  chmod 0700 "$state"
}

fetch_package_lists() {
  [ "${package_lists_are_fresh:-no}" = no ] || return 0
  doing 'apt-get update'
  apt update || fail "Debian's package lists could not be fetched." \
    'check /etc/apt/sources.list and that this machine reaches its Debian mirror (apt-get update)'
  package_lists_are_fresh=yes
}

# A run that was cut short in the middle of dpkg: apt refuses to go on until this is done.
finish_interrupted_dpkg() {
  [ -n "$(ls -A /var/lib/dpkg/updates)" ] || return 0
  doing 'dpkg --configure -a'
  run "$APT_SECONDS" env DEBIAN_FRONTEND=noninteractive dpkg --force-confdef --force-confold --configure -a ||
    fail 'An interrupted installation of Debian packages could not be finished.' 'run: dpkg --configure -a'
}

apt() {
  run "$APT_SECONDS" env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l apt-get --yes --quiet \
    -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
}

# The stack has its own coturn, so Debian's service must not even start once: it would hold port 3478. Without systemd
# no service starts: the engine is started by engine.sh, which then knows that it did. A guard of the machine's own stays.
guard_services() {
  if [ -e "$SERVICE_GUARD" ] && ! grep -qF "$SERVICE_GUARD_MARK" "$SERVICE_GUARD"; then return 0; fi
  service_guard_is_ours=yes
  denied='coturn | coturn.service'
  has_systemd || denied='*'
  cat >"$SERVICE_GUARD.new" <<TEXT
#!/bin/sh
$SERVICE_GUARD_MARK
case \$1 in
  $denied) exit 101 ;;
esac
exit 0
TEXT
  chmod 0755 "$SERVICE_GUARD.new"
  mv "$SERVICE_GUARD.new" "$SERVICE_GUARD"
}

remove_service_guard() {
  [ "$service_guard_is_ours" = yes ] || return 0
  rm -f "$SERVICE_GUARD" "$SERVICE_GUARD.new"
  service_guard_is_ours=no
}

# Only the service of a coturn that this installer brought, once: an operator may enable it later. Works offline too,
# where systemd is installed and is not PID 1.
disable_coturn() {
  [ -e "$coturn_to_disable" ] || return 0
  if command -v systemctl >/dev/null; then
    run 60 systemctl disable --quiet coturn.service || :
    ! has_systemd || run 60 systemctl stop coturn.service || :
  elif command -v update-rc.d >/dev/null; then
    run 60 update-rc.d coturn disable || :
  fi
  rm -f "$coturn_to_disable"
}
