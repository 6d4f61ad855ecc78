# shellcheck shell=sh
# Makes an image fit to be cloned: what must be each machine's own is removed (systemd's BUILDING_IMAGES), and what is
# left is looked through for what every clone would share. See docs/factory.md.

# What each machine makes for itself, at its first boot or later.
OWN_TO_A_MACHINE='
var/lib/dbus/machine-id
var/lib/systemd/random-seed
var/lib/systemd/credential.secret
var/lib/docker/engine-id
etc/docker/key.json
etc/ssh/ssh_host_*_key
etc/ssh/ssh_host_*_key.pub
var/lib/NetworkManager/secret_key
'

# What was left by people and programs in the image.
OF_THE_BUILD='
root/.*_history
home/*/.*_history
root/.ssh/known_hosts*
home/*/.ssh/known_hosts*
var/lib/dhcp/*
var/lib/dhcpcd/*
var/lib/NetworkManager/*.lease
var/lib/systemd/network/*
var/lib/systemd/timesync/clock
var/log/journal/*
run/*
tmp/*
var/tmp/*
'

# Files in which a secret counts, by what is in them. Places where packages put examples and tests are not searched.
SEARCHED='etc root home var/lib var/www srv opt usr/local'

seal_image() {
  cleaned=
  clean_image
  [ -z "$cleaned" ] || ! would "remove$cleaned" || return 0
  ensure_host_keys
  if [ -n "$cleaned" ]; then did "removed$cleaned"; else already 'nothing to remove'; fi
}

clean_image() {
  for pattern in $OWN_TO_A_MACHINE $OF_THE_BUILD; do
    for path in "$root"/$pattern; do
      if [ -e "$path" ] || [ -L "$path" ]; then clean "$path"; fi
    done
  done
  # Our own state: all but what the installer must remember for --uninstall.
  for path in "$state"/* "$state"/.[!.]*; do
    case $path in
      "$installed_packages" | "$coturn_to_disable" | "$installed_compose" | "$docker_setting") ;;
      *) [ ! -e "$path" ] || clean "$path" ;;
    esac
  done
  # A name that the agent made of this machine's id.
  ! grep -qsx 'appliance-[0-9a-f]\{6\}' "$root/etc/hostname" || clean "$root/etc/hostname"
  # Emptied, not removed: some belong to a user, and nobody makes them again.
  find "$root/var/log" -xdev -type f -size +0 >"$scratch/logs"
  while read -r path; do
    [ "$dry_run" = yes ] || : >"$path"
    cleaned="$cleaned ${path#"$root/"}"
  done <"$scratch/logs"
  # Empty would mean that this is not the first boot (machine-id(5)).
  if [ "$(cat "$root/etc/machine-id" 2>/dev/null)" != uninitialized ]; then
    clean "$root/etc/machine-id"
    [ "$dry_run" = yes ] || echo uninitialized >"$root/etc/machine-id"
  fi
}

clean() {
  [ "$(readlink "$1" 2>/dev/null)" != /etc/machine-id ] || return 0
  [ "$dry_run" = yes ] || rm -rf "$1"
  cleaned="$cleaned ${1#"$root/"}"
}

# Debian makes ssh's host keys when the package is installed, and never again.
ensure_host_keys() {
  [ -e "$root/usr/sbin/sshd" ] || return 0
  if cmp -s "$current/units/$HOST_KEYS_UNIT" "$units/$HOST_KEYS_UNIT" && unit_enabled "$HOST_KEYS_UNIT"; then return 0; fi
  put_file "$current/units/$HOST_KEYS_UNIT" "$units/$HOST_KEYS_UNIT" 0644
  enable_unit "$HOST_KEYS_UNIT" "$units/$HOST_KEYS_UNIT"
  cleaned="$cleaned (new ssh host keys at the first boot)"
}

# lint_image: every finding by its path. A `fatal` one must not be cloned; a `warning` is for a person to judge.
lint_image() {
  : >"$scratch/findings"
  lint_identity
  lint_secrets
  lint_accounts
  sort -u -o "$scratch/findings" "$scratch/findings"
  fatal=$(grep '^fatal ' "$scratch/findings" || :)
  warnings=$(grep '^warning ' "$scratch/findings" || :)
  : >"$scratch/output"
  [ -z "$fatal" ] || fail "This image must not be cloned:
$fatal${warnings:+
$warnings}" 'remove each file that is named fatal, or the secret in it, then run install.sh --seal again'
  already "no secret and no identity is left${warnings:+; to be judged:
$warnings}"
}

# finding SEVERITY PATH WHAT
finding() { printf '%s %s: %s\n' "$1" "${2#"$root/"}" "$3" >>"$scratch/findings"; }

lint_identity() {
  case $(cat "$root/etc/machine-id" 2>/dev/null || echo absent) in
    uninitialized | absent) ;;
    '') finding fatal "$root/etc/machine-id" 'empty: systemd takes this for a later boot than the first' ;;
    *) finding fatal "$root/etc/machine-id" 'an id that every clone would share' ;;
  esac
  for pattern in $OWN_TO_A_MACHINE; do
    for path in "$root"/$pattern; do
      [ ! -e "$path" ] || [ "$(readlink "$path")" = /etc/machine-id ] || finding fatal "$path" 'belongs to one machine'
    done
  done
  for path in "$state"/secrets "$state"/state.db "$state"/stack "$state"/accepted.yaml; do
    [ ! -e "$path" ] || finding fatal "$path" "the agent's state of one machine"
  done
  for pattern in $OF_THE_BUILD; do
    for path in "$root"/$pattern; do
      [ ! -e "$path" ] || finding warning "$path" 'left by the build'
    done
  done
  [ ! -s "$root/etc/hostname" ] || finding warning "$root/etc/hostname" 'every clone has this name until it is given another'
  [ ! -s "$root/etc/machine-info" ] || finding warning "$root/etc/machine-info" 'what it says of one machine, every clone says'
  for path in "$root"/var/lib/docker/containers/*; do
    [ ! -e "$path" ] || finding warning "$path" 'a container of the build, with all that it was given'
  done
}

lint_secrets() {
  for folder in $SEARCHED; do
    [ -d "$root/$folder" ] || continue
    find_secret "$folder" 'BEGIN [A-Z ]*PRIVATE KEY' 'a private key'
    find_secret "$folder" '_authToken *=|^ *machine +[^ ]+ +login|aws_secret_access_key|"auth" *: *"[A-Za-z0-9+/=]' 'a credential'
  done
  find_secret etc/appliance-agent '^[^#]*(secret|password|token) *: *[^ #]{8}' 'a secret in the configuration'
}

# find_secret FOLDER PATTERN WHAT: text files of at most 1 MiB, with grep -E. What is in them is not printed.
find_secret() {
  [ -d "$root/$1" ] || return 0
  find "$root/$1" -xdev -type f -size -1024k ! -path "$releases/*" ! -path "$root/var/lib/docker/*" \
    ! -path "$root/var/lib/containerd/*" ! -path "$root/var/lib/dpkg/*" ! -path "$root/var/lib/apt/*" \
    -exec grep -lIE -e "$2" {} + >"$scratch/secrets" 2>/dev/null || :
  while read -r path; do finding fatal "$path" "$3"; done <"$scratch/secrets"
}

lint_accounts() {
  [ -r "$root/etc/shadow" ] || return 0
  while IFS=: read -r account hash _; do
    case $hash in
      '$'*) finding fatal "$root/etc/shadow" "$account has a password that every clone would share" ;;
      '') finding fatal "$root/etc/shadow" "$account logs in without a password" ;;
    esac
  done <"$root/etc/shadow"
  for path in "$root"/root/.ssh/authorized_keys "$root"/home/*/.ssh/authorized_keys; do
    [ ! -s "$path" ] || finding warning "$path" 'whoever has this key can log in to every clone'
  done
}
