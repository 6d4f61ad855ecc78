# shellcheck shell=sh
# One setting of Docker's, where its own rules drop what we publish (29 with nftables: docs/coexistence.md). It is added
# with consent alone, to what is there; a backup is kept, and --uninstall takes out just that line.

# The line as agent/release/daemon-json.ts writes it, where more settings follow.
mark_line='  "bridge-accept-fwmark": "0x200000/0x200000",'

allow_mark() {
  if [ -e "$docker_setting/not-in-force" ] && sha256sum --check --status "$docker_setting/written"; then
    would 'start Docker anew, with the setting that was added' && return
    put_in_force
    return
  fi
  result=0
  "$current/bin/node" "$current/docker-setting.js" "$scratch/daemon.json" >"$scratch/said" 2>"$scratch/output" 9>&- || result=$?
  case $result in
    0) ;;
    3) already "not needed: $(cat "$scratch/said")" && return ;;
    *)
      [ "$allow_daemon_json" != yes ] || fail "$(head -n 1 "$scratch/output")" "$(tail -n 1 "$scratch/output")"
      already "not known: $(head -n 1 "$scratch/output")"
      return
      ;;
  esac
  daemon_json=$(cat "$scratch/said")
  if [ "$allow_daemon_json" != yes ]; then
    already "needed and not allowed: $daemon_json lacks $(printf '%s' "$mark_line" | sed 's/^ *//; s/,$//') (--allow-daemon-json adds it)"
    return
  fi
  would "add it to $daemon_json, and start Docker anew" && return
  run 30 dockerd --validate --config-file="$scratch/daemon.json" ||
    fail "dockerd does not accept $daemon_json with the setting; nothing was changed." "see $log"
  write_daemon_json
  put_in_force
}

# The backup and what was written are on disk before the file is replaced: a run that is cut short is resumed or reverted.
write_daemon_json() {
  rm -rf "$docker_setting"
  mkdir -p "$docker_setting" "$(dirname "$daemon_json")"
  cp "$scratch/daemon.json" "$daemon_json.new"
  if [ -e "$daemon_json" ]; then
    cp -p "$daemon_json" "$docker_setting/before"
    chmod --reference="$daemon_json" "$daemon_json.new"
  else
    chmod 0644 "$daemon_json.new"
  fi
  printf '%s  %s\n' "$(sha256sum <"$daemon_json.new" | cut -d' ' -f1)" "$daemon_json" >"$docker_setting/written"
  : >"$docker_setting/not-in-force"
  printf '%s\n' "$daemon_json" >"$docker_setting/path"
  sync "$docker_setting" "$docker_setting"/* "$daemon_json.new"
  mv "$daemon_json.new" "$daemon_json"
}

put_in_force() {
  daemon_json=$(cat "$docker_setting/path")
  if has_systemd; then
    doing 'starting docker.service anew'
    run 180 systemctl restart docker.service || fail_unit docker.service 'docker.service does not start.'
    await_engine || fail_unit docker.service 'The Docker Engine does not answer.'
  elif process_runs "$engine_pid" dockerd; then
    stop_process "$(cat "$engine_pid")" 60
    launch_engine
  else
    fail "$daemon_json has the setting, and the engine that runs was not started here." 'start the Docker Engine anew, then run this again'
  fi
  rm -f "$docker_setting/not-in-force"
  did "added to $daemon_json, Docker started anew (before: $docker_setting/before)"
}

# Needs no Node.js. What others changed since is kept.
revert_docker_setting() {
  [ -e "$docker_setting/path" ] || return 0
  daemon_json=$(cat "$docker_setting/path")
  if sha256sum --check --status "$docker_setting/written" 2>/dev/null; then
    if [ -e "$docker_setting/before" ]; then
      cp -p "$docker_setting/before" "$daemon_json.new"
      mv "$daemon_json.new" "$daemon_json"
    else
      rm -f "$daemon_json"
    fi
    note "the setting in $daemon_json (Docker follows at its next start)"
  elif grep -qxF -- "$mark_line" "$daemon_json" 2>/dev/null; then
    grep -vxF -- "$mark_line" "$daemon_json" >"$scratch/daemon.json"
    cat "$scratch/daemon.json" >"$daemon_json"
    note "the setting in $daemon_json, which was changed since (Docker follows at its next start)"
  elif grep -q bridge-accept-fwmark "$daemon_json" 2>/dev/null; then
    echo "kept \"bridge-accept-fwmark\" in $daemon_json: the file was changed since; before: $docker_setting/before"
    return 0
  fi
  rm -rf "$docker_setting" "$daemon_json.new"
}
