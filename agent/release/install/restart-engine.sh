#!/bin/sh
# Restarts the Docker Engine that install.sh started as a background process, where there is no systemd to do it. The agent
# calls it when its engine does not answer (APPLIANCE_AGENT_ENGINE_RESTART). Exit status: 0 once it answers, 69 if not.
set -eu
PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
parts=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
# shellcheck source=agent/release/install/places.sh
. "$parts/places.sh"
# shellcheck source=agent/release/install/engine.sh
. "$parts/engine.sh"
doing() { :; } # there is nobody to show it to

# One that hangs heeds no signal but SIGKILL; its containers live on.
! process_runs "$engine_pid" dockerd || stop_process "$(cat "$engine_pid")" 10
launch "$engine_pid" "$logs/dockerd.log" dockerd
await_engine || {
  echo "the Docker Engine was started and does not answer: see $logs/dockerd.log" >&2
  exit 69
}
