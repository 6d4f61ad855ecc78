# shellcheck shell=sh
# The Docker Engine: asked, started, and stopped again if it was this installer that started it.

start_engine() {
  if has_systemd; then start_engine_unit; else start_engine_process; fi
}

start_engine_unit() {
  before=$(engine_version || :)
  enabled=$(systemctl is-enabled docker.service 2>/dev/null || :)
  if [ -n "$before" ] && [ "$enabled" = enabled ]; then
    already "runs: $before (docker.service)"
    return
  fi
  would 'enable and start docker.service' && return
  run 180 systemctl enable --now docker.service || fail_unit docker.service 'docker.service does not start.'
  await_engine || fail_unit docker.service 'The Docker Engine does not answer.'
  did "started $(engine_version) (docker.service)"
}

# fail_unit UNIT MESSAGE: with what the unit itself logged.
fail_unit() {
  run 20 journalctl --unit="$1" --lines="$LOG_LINES_SHOWN" --output=cat --no-pager || :
  fail "$2" "see: journalctl -u $1"
}

start_engine_process() {
  if version=$(engine_version); then
    already "runs: $version"
    return
  fi
  would 'start the Docker Engine as a background process' && return
  launch_engine
  did "started $(engine_version) as a background process (pid $(cat "$engine_pid"), log $logs/dockerd.log)"
}

launch_engine() {
  mkdir -p "$runtime"
  launch "$engine_pid" "$logs/dockerd.log" dockerd
  await_engine || {
    tail -n "$LOG_LINES_SHOWN" "$logs/dockerd.log" >"$scratch/output"
    fail 'The Docker Engine does not start.' "see $logs/dockerd.log"
  }
}

# launch PIDFILE LOGFILE COMMAND…: in a session of its own, so that it outlives this one and its terminal.
launch() {
  pid_file=$1 log_file=$2
  shift 2
  # shellcheck disable=SC2016 # expanded by the inner shell
  setsid sh -c 'echo $$ >"$0"; exec "$@"' "$pid_file" "$@" >>"$log_file" 2>&1 </dev/null 9>&- &
}

await_engine() {
  waited=0
  until engine_version >/dev/null; do
    [ "$waited" -lt 60 ] || return 1
    waited=$((waited + 1))
    doing "waiting for the engine ($waited s)"
    sleep 1
  done
}

engine_version() { docker_cli version --format '{{.Server.Version}}' 2>/dev/null; }

# Debian's client fits Debian's engine; another one may stand before it on PATH. The caller's context does not count.
docker_cli() {
  client=/usr/bin/docker
  [ -x "$client" ] || client=$(command -v docker) || return 1
  env -u DOCKER_CONTEXT DOCKER_HOST="unix://$engine_socket" timeout 60 "$client" "$@" 9>&-
}

# process_runs PIDFILE TEXT: the process of that file lives, and its command line has TEXT (pids are used again).
process_runs() {
  [ -s "$1" ] && tr '\0' ' ' <"/proc/$(cat "$1")/cmdline" 2>/dev/null | grep -qF -- "$2"
}

# stop_process PID SECONDS: asks it to end, waits, insists.
stop_process() {
  kill "$1" 2>/dev/null || return 0
  waited=0
  while [ -e "/proc/$1/exe" ] && readlink "/proc/$1/exe" >/dev/null; do
    if [ "$waited" -ge "$2" ]; then
      kill -KILL "$1" 2>/dev/null || :
      sleep 1
      return 0
    fi
    waited=$((waited + 1))
    sleep 1
  done
}
