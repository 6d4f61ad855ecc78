# shellcheck shell=sh
# The agent itself: a unit under systemd, else a process in the background.

# No reason to stop: the stack serves without it, and the status says what is not set.
TUNING_FAILED='the settings of the hardware profile could not be set'

start_agent() {
  if has_systemd; then
    install_unit "$firewall_unit" # on a machine that runs the agent makes the rules
    install_unit "$tune_unit"
    start_agent_unit
  else
    start_agent_process
  fi
}

how_it_runs() {
  if has_systemd; then
    echo 'as appliance-agent.service'
  else
    echo "as background processes: there is no systemd here, so nothing starts them again after a restart"
  fi
}

# install_unit PATH: for the next boot. It is not started here.
install_unit() {
  name=$(basename "$1")
  if cmp -s "$current/units/$name" "$1" && [ "$(systemctl is-enabled "$name" 2>/dev/null)" = enabled ]; then return; fi
  cp "$current/units/$name" "$1.new"
  mv "$1.new" "$1"
  run 60 systemctl daemon-reload || fail 'systemd does not accept the unit.' "see: systemd-analyze verify $1"
  run 60 systemctl enable "$name" || fail 'The unit could not be enabled.' "see: systemctl status $name"
  did "enabled $name"
}

start_agent_unit() {
  if cmp -s "$current/units/appliance-agent.service" "$unit" && agent_runs_current_release &&
    [ "$(systemctl is-enabled appliance-agent.service 2>/dev/null)" = enabled ]; then
    [ -n "$outcome" ] || already 'runs: appliance-agent.service'
    return
  fi
  cp "$current/units/appliance-agent.service" "$unit.new"
  mv "$unit.new" "$unit"
  doing 'starting appliance-agent.service'
  run 60 systemctl daemon-reload || fail 'systemd does not accept the unit.' "see: systemd-analyze verify $unit"
  run 60 systemctl enable appliance-agent.service || fail 'The unit could not be enabled.' "see: systemctl status appliance-agent"
  run 60 systemctl restart appliance-agent-tune.service || record "$TUNING_FAILED"
  run 180 systemctl restart appliance-agent.service || fail_unit appliance-agent.service 'appliance-agent.service does not start.'
  did 'started and enabled appliance-agent.service'
}

start_agent_process() {
  if agent_runs_current_release; then
    already "runs (pid $(cat "$agent_pid"))"
    return
  fi
  ! process_runs "$agent_pid" "$product/" || stop_process "$(cat "$agent_pid")" 30
  mkdir -p "$runtime"
  run 60 "$current/bin/node" "$current/tune.js" || record "$TUNING_FAILED"
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
