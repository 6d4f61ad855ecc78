# shellcheck shell=sh
# Is this a machine that the appliance can run on? Looks, and changes nothing.

# KiB that a first installation takes at its peak, in /var (build, images, engine) and in /opt (the release).
FIRST_INSTALL_KIB=3000000
LATER_INSTALL_KIB=300000

check_machine() {
  check_debian
  [ "$mode" != live ] || has_systemd || fail 'systemd is not PID 1 here: nothing would start the agent at the next boot.' \
    'boot this machine with systemd; for a demonstration without it use ./install.sh --demo'
  check_cgroups
  check_disk
  check_port udp 3478
  check_port tcp 3478
  check_port tcp 7881
  check_port udp 7882
  already "$debian_name, $architecture, $(supervisor_name)"
}

# check_image: the folder of an image. Nothing in it is run: it may be of another architecture than this machine.
check_image() {
  check_debian
  if [ -L "$units/multi-user.target.wants/coturn.service" ]; then
    fail "The image starts Debian's own coturn, which would hold port 3478." "run: systemctl --root=$root disable coturn.service"
  fi
  already "$debian_name, $architecture, in $root"
}

check_debian() {
  [ -r "$root/etc/os-release" ] || fail "There is no Debian here: no $root/etc/os-release." 'use Debian 12 or 13'
  debian_id=$(sed -n 's/^ID=//p' "$root/etc/os-release")
  debian_version=$(sed -n 's/^VERSION_ID="\{0,1\}\([0-9.]*\)"\{0,1\}$/\1/p' "$root/etc/os-release")
  debian_name="Debian $debian_version"
  case "$debian_id $debian_version" in
    'debian 12' | 'debian 13') ;;
    *) fail "This is $debian_id $debian_version; the agent is built for Debian 12 and 13." 'use Debian 12 or 13' ;;
  esac
  architecture=$(dpkg-query --admindir="$root/var/lib/dpkg" -W -f '${Architecture}' dpkg)
  case $architecture in
    amd64 | arm64) ;;
    *) fail "This machine is $architecture; the agent is built for amd64 and arm64." 'use an amd64 or arm64 machine' ;;
  esac
  ! from_bundle || [ "$architecture" = "$bundle_architecture" ] ||
    fail "This release bundle is for $bundle_architecture; the machine is $architecture." "use the bundle for $architecture"
}

# has_systemd: systemd is PID 1 (sd_booted(3)).
has_systemd() { [ -d /run/systemd/system ]; }

supervisor_name() {
  if has_systemd; then echo 'systemd'; else echo "no systemd (PID 1 is $(cat /proc/1/comm))"; fi
}

# Under systemd they are there. Elsewhere the engine can start only where somebody mounted them, writable.
check_cgroups() {
  ! has_systemd || return 0
  for cgroups in /sys/fs/cgroup /sys/fs/cgroup/memory; do
    if [ -w "$cgroups" ] && { [ -e "$cgroups/cgroup.controllers" ] || [ -e "$cgroups/cgroup.procs" ]; }; then return 0; fi
  done
  fail 'systemd is not PID 1 here, and no writable cgroups are mounted below /sys/fs/cgroup: the Docker Engine cannot run.' \
    'boot this system with systemd, or mount cgroups first (a plain chroot or an unprivileged container will not do)'
}

check_disk() {
  needed=$FIRST_INSTALL_KIB
  [ ! -e "$current/VERSION" ] || needed=$LATER_INSTALL_KIB
  for folder in /var /opt; do
    free=$(df --output=avail -k "$folder" | tail -n 1 | tr -d ' ')
    [ "$free" -ge "$needed" ] ||
      fail "Only $((free / 1024)) MiB are free in $folder; $((needed / 1024)) MiB are needed." "free some space in $folder"
  done
}

# check_port PROTOCOL PORT: nobody but our own stack may hold it. Read from /proc: `ss` may not be installed yet.
check_port() {
  hex=$(printf '%04X' "$2")
  # proc(5): local address is field 2; state 0A is LISTEN for TCP, 07 an unconnected UDP socket; the inode is field 10.
  inodes=$(awk -v port=":$hex" '$2 ~ port "$" && ($4 == "0A" || $4 == "07") { print $10 }' "/proc/net/$1" "/proc/net/${1}6" \
    2>/dev/null || :)
  for inode in $inodes; do
    holder=$(find /proc/[0-9]*/fd -lname "socket:\\[$inode\\]" 2>/dev/null | head -n 1 | cut -d/ -f3)
    [ -n "$holder" ] || continue
    ! is_ours "$holder" || continue
    name=$(basename "$(readlink "/proc/$holder/exe" || cat "/proc/$holder/comm")")
    fail "Port $2/$1 is in use by $name (pid $holder); the appliance needs it." \
      "stop that program and keep it from starting again, then run ./install.sh --$mode again"
  done
}

# is_ours PID: it runs in a container of our stack.
is_ours() {
  container=$(sed -n 's/.*docker[-/]\([0-9a-f]\{64\}\).*/\1/p' "/proc/$1/cgroup" 2>/dev/null | head -n 1)
  [ -n "$container" ] && docker_cli ps --all --quiet --no-trunc --filter label=org.appliance-agent.stack 2>/dev/null |
    grep -qx "$container"
}
