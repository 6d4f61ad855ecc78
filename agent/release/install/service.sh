# shellcheck shell=sh
# The agent itself: a unit under systemd, else a process in the background.

# No reasons to stop: the stack serves without. The status says what is not set.
TUNING_FAILED='the settings of the hardware profile could not be set'
NAMING_FAILED='the machine could not be named or announced'

start_agent() {
  if has_systemd; then start_agent_unit; else start_agent_process; fi
}

how_it_runs() {
  if has_systemd; then
    echo 'as appliance-agent.service'
  else
    echo "as background processes: there is no systemd here, so nothing starts them again after a restart"
  fi
}

start_agent_unit() {
  if units_in_place && agent_runs_current_release; then
    already 'runs: appliance-agent.service'
    return
  fi
  would 'place and enable the units, and start appliance-agent.service' && return
  place_units
  doing 'starting appliance-agent.service'
  run 60 systemctl restart appliance-agent-tune.service || record "$TUNING_FAILED"
  run 60 systemctl restart appliance-agent-site.service appliance-agent-site.path || record "$NAMING_FAILED"
  run 180 systemctl restart appliance-agent.service || fail_unit appliance-agent.service 'appliance-agent.service does not start.'
  did 'started and enabled appliance-agent.service'
}

start_agent_process() {
  if agent_runs_current_release; then
    already "runs (pid $(cat "$agent_pid"))"
    return
  fi
  would 'start the agent in the background' && return
  ! process_runs "$agent_pid" "$product/" || stop_process "$(cat "$agent_pid")" 30
  mkdir -p "$runtime"
  run 60 "$current/bin/node" "$current/tune.js" || record "$TUNING_FAILED"
  # Nobody else restarts an engine that is a background process of ours.
  if process_runs "$engine_pid" dockerd; then
    export APPLIANCE_AGENT_ENGINE_RESTART="$current/agent/release/install/restart-engine.sh"
  fi
  launch "$agent_pid" "$logs/agent.log" "$current/bin/appliance-agent"
  sleep 1
  process_runs "$agent_pid" "$product/" || {
    tail -n "$LOG_LINES_SHOWN" "$logs/agent.log" >"$scratch/output"
    fail 'The agent does not start.' "see $logs/agent.log"
  }
  did "started in the background (pid $(cat "$agent_pid"), log $logs/agent.log)"
}

# The program of the running process is that of the current release, not of one that was replaced.
agent_runs_current_release() {
  if has_systemd; then
    pid=$(systemctl show --property=MainPID --value appliance-agent.service 2>/dev/null || echo 0)
  else
    process_runs "$agent_pid" "$product/" || return 1
    pid=$(cat "$agent_pid")
  fi
  [ "${pid:-0}" -gt 0 ] && [ "$(readlink "/proc/$pid/exe")" = "$(readlink -f "$current")/bin/node" ]
}
