# shellcheck shell=sh
# What a person sees: one line a step, a spinner on a terminal and plain lines elsewhere, the log's end on a failure.
# With --json a program sees one JSON object a line instead.

LOG_LINES_SHOWN=15
step_number=0
total_steps=0
changes=0
outcome=
dry_run=${dry_run:-no}
json=${json:-no}
log=
scratch=
spinner=

if [ -t 1 ] && [ "$json" = no ] && [ "${TERM:-dumb}" != dumb ]; then terminal=yes; else terminal=no; fi
if [ "$terminal" = yes ] && [ -z "${NO_COLOR:-}" ]; then
  red=$(printf '\033[31m') green=$(printf '\033[32m') plain=$(printf '\033[0m')
else
  red='' green='' plain=''
fi

# refuse STATUS MESSAGE NEXT: before anything was begun.
refuse() {
  [ "$json" = no ] || report_json result refused detail "$2" next "$3"
  printf 'install.sh: %s\nNext: %s\n' "$2" "$3" >&2
  exit "$1"
}

# begin: only one installer runs at a time: the lock is on a folder that every Debian has, so that it leaves no file,
# and it ends with this process.
begin() {
  exec 9</opt
  flock --nonblock 9 || refuse 69 'another install.sh is running on this machine' 'wait until it has ended'
  scratch=$(mktemp -d)
  : >"$scratch/doing"
  trap leave EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

# open_log MODE: output of commands goes to a file; of a run that changes nothing, and in an image that must carry no
# log, only until the run ends.
open_log() {
  if [ "$dry_run" = yes ] || [ -n "$root" ]; then
    log=$scratch/install.log
    return
  fi
  mkdir -p "$logs"
  log=$logs/install.log
  printf '\n=== %s install.sh --%s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$1" >>"$log"
  chmod 0640 "$log"
}

record() { printf '%s %s\n' "$(date -u +%H:%M:%S)" "$1" >>"$log"; }

leave() {
  stop_spinner
  remove_service_guard
  rm -rf "$scratch"
}

# step TITLE FUNCTION: the function says how it went with `did`, `already` or `fail`.
step() {
  step_number=$((step_number + 1))
  step_name=$1
  title=$(printf '[%2d/%d] %s …' "$step_number" "$total_steps" "$1")
  record "== $title"
  outcome=
  step_changed=no
  doing ''
  if [ "$terminal" = yes ]; then start_spinner; elif [ "$json" = no ]; then printf '%s ' "$title"; fi
  "$2"
  finish_line "$outcome"
}

# did WHAT: the step changed the machine. already WHAT: it found things as they should be.
did() {
  changes=$((changes + 1))
  step_changed=yes
  outcome=$1
}
already() { outcome=$1; }

# would WHAT: in a dry run notes what the step would do, and says yes: it must go no further.
would() {
  [ "$dry_run" = yes ] || return 1
  did "would $1"
}

# doing WHAT: shown beside the spinner.
doing() { printf '%s\n' "$1" >"$scratch/doing"; }

finish_line() {
  stop_spinner
  record "== $title $1"
  if [ "$json" = yes ]; then
    report_json step "$step_name" changed "$step_changed" detail "$1"
    return
  fi
  [ "$terminal" = no ] || printf '\r\033[K%s ' "$title"
  printf '%s\n' "$1"
}

# say TEXT: for a person only.
say() { [ "$json" = yes ] || printf '%s\n' "$1"; }

# report_json KEY VALUE…: one object, all values as texts but yes and no, which are true and false.
report_json() {
  object=
  while [ $# -gt 1 ]; do
    case $2 in
      yes) value=true ;;
      no) value=false ;;
      # RFC 8259: quotes, backslashes and control characters are escaped; a line break is written as \n.
      *) value=\"$(printf '%s' "$2" | sed 's/[\\"]/\\&/g' | tr -d '\001-\011\013-\037' | awk '{ printf "%s%s", (NR > 1 ? "\\n" : ""), $0 }')\" ;;
    esac
    object="$object${object:+,}\"$1\":$value"
    shift 2
  done
  printf '{%s}\n' "$object"
}

# fail MESSAGE NEXT: ends the run.
fail() {
  finish_line "${red}failed${plain}"
  [ "$json" = no ] || report_json result failed step "$step_name" detail "$1" next "$2"
  printf '\n%s\n' "$1" >&2
  if [ -s "$scratch/output" ]; then
    printf 'The last lines of what it printed:\n' >&2
    tail -n "$LOG_LINES_SHOWN" "$scratch/output" | cut -c1-200 | sed 's/^/  | /' >&2
  fi
  printf 'Next: %s\n' "$2" >&2
  [ "$log" = "$scratch/install.log" ] || printf 'Log: %s\n' "$log" >&2
  exit 69
}

# run SECONDS COMMAND…: bounded in time, output to the log. The lock (9) is not handed down to what may stay running.
run() {
  seconds=$1
  shift
  record "+ $*"
  result=0
  timeout --foreground --kill-after=10 "$seconds" "$@" >"$scratch/output" 2>&1 </dev/null 9>&- || result=$?
  cat "$scratch/output" >>"$log"
  [ "$result" -ne 124 ] || printf 'timed out after %s s\n' "$seconds" | tee -a "$scratch/output" >>"$log"
  return "$result"
}

start_spinner() {
  (
    exec 9>&-
    trap 'exit 0' TERM
    while :; do
      for frame in '|' / - "\\"; do
        read -r detail <"$scratch/doing" || detail=
        printf '\r\033[K%s %s%s%s %s' "$title" "$green" "$frame" "$plain" "$detail"
        sleep 0.15
      done
    done
  ) &
  spinner=$!
}

stop_spinner() {
  [ -n "$spinner" ] || return 0
  kill "$spinner" 2>/dev/null || :
  wait "$spinner" 2>/dev/null || :
  spinner=
}
