# shellcheck shell=sh
# The units, and the limits that they set to units of others, below /etc/systemd/system: copies, for /opt may be mounted
# after systemd has read its units. They work the same on this machine and in an image.

# Only the agent, and what names the machine, is started by the installer; the others take effect at the next boot.
UNITS='appliance-agent-firewall.service appliance-agent-tune.service appliance-agent-site.service appliance-agent-site.path appliance-agent.service'
# Placed by seal.sh, where it is needed.
HOST_KEYS_UNIT=appliance-agent-hostkeys.service
DROP_INS='network-online.target.d/appliance-agent.conf'

# units_in_place: all are there as the current release has them, and enabled.
units_in_place() {
  for name in $UNITS $DROP_INS; do cmp -s "$current/units/$name" "$units/$name" || return 1; done
  for name in $UNITS; do unit_enabled "$name" || return 1; done
}

place_units() {
  for name in $UNITS $DROP_INS; do
    cmp -s "$current/units/$name" "$units/$name" || put_file "$current/units/$name" "$units/$name" 0644
  done
  [ -n "$root" ] || ! has_systemd || run 60 systemctl daemon-reload ||
    fail 'systemd does not accept the units.' "see: systemd-analyze verify $units/appliance-agent*.service"
  for name in $UNITS; do unit_enabled "$name" || enable_unit "$name" "$units/$name"; done
}

# unit_enabled NAME: by what enabling is (systemd.unit(5)), which can be seen in an image too.
unit_enabled() {
  for link in "$units"/*.wants/"$1"; do
    if [ -L "$link" ]; then return 0; fi
  done
  return 1
}

# enable_unit NAME FILE: systemctl knows all that [Install] may ask for; where the one of this machine does not
# understand the image's units, the link is all that ours ask for.
enable_unit() {
  if [ -z "$root" ]; then
    run 60 systemctl enable "$1" || fail "The unit $1 could not be enabled." "see: systemctl status $1"
  elif ! command -v systemctl >/dev/null || ! run 60 systemctl --root="$root" enable "$1"; then
    wants=$units/$(sed -n 's/^WantedBy=//p' "$2").wants
    mkdir -p "$wants"
    replace_link "${2#"$root"}" "$wants/$1"
  fi
}

remove_units() {
  for name in $UNITS $HOST_KEYS_UNIT; do
    [ -e "$units/$name" ] || [ -L "$units/$name" ] || unit_enabled "$name" || continue
    ! has_systemd || run 120 systemctl disable --now "$name" || :
    rm -f "$units/$name" "$units/$name.new" "$units"/*.wants/"$name"
    note "$name"
  done
  for name in $DROP_INS; do
    [ -e "$units/$name" ] || continue
    rm -f "$units/$name" "$units/$name.new"
    note "$name"
  done
  for folder in sysinit.target.wants $(dirname "$DROP_INS"); do
    rmdir --ignore-fail-on-non-empty "$units/$folder" 2>/dev/null || :
  done
  ! has_systemd || run 60 systemctl daemon-reload || :
  remove_network_files
}

# remove_network_files: what appliance-agent-site.service and -tune.service wrote. The machine keeps its name.
remove_network_files() {
  etc=$root/etc
  for path in "$etc/systemd/resolved.conf.d/appliance-agent.conf" "$etc/systemd/dnssd/appliance-agent.dnssd" \
    "$etc/avahi/services/appliance-agent.service" "$etc"/systemd/network/*.d/appliance-agent.conf \
    "$root"/run/systemd/network/*.d/appliance-agent.conf; do
    [ -e "$path" ] || continue
    rm -f "$path"
    rmdir --ignore-fail-on-non-empty "$(dirname "$path")"
    note "$path"
    ! has_systemd || run 60 systemctl try-restart systemd-resolved.service || :
  done
}

# enable_units: in an image, where nothing is started.
enable_units() {
  if units_in_place && unit_enabled docker.service; then
    already 'in place and enabled'
    return
  fi
  would 'place and enable the units' && return
  place_units
  # Debian's package enables it; not where the image was made under a policy against that.
  unit_enabled docker.service || enable_unit docker.service "$(engine_unit)"
  did "enabled docker.service $UNITS"
}

engine_unit() {
  for folder in /usr/lib/systemd/system /lib/systemd/system; do
    if [ -e "$root$folder/docker.service" ]; then echo "$root$folder/docker.service" && return; fi
  done
  fail 'The image has no docker.service.' 'install docker.io in it'
}
