# shellcheck shell=sh
# Waits until the stack serves, and shows the status.

STACK_SECONDS=180
SETTLED_SECONDS=30 # a fault that does not change for this long after provisioning will not go away by waiting

await_stack() {
  if [ "$dry_run" = yes ]; then
    already 'not waited for'
    return
  fi
  started=$(date +%s)
  last='' last_change=$started
  while :; do
    now=$(date +%s)
    summary=$(summarise_status)
    state=${summary%%|*} waiting_for=${summary#*|}
    doing "$waiting_for"
    [ "$state" != ok ] || break
    [ "$summary" = "$last" ] || last=$summary last_change=$now
    [ "$state" = starting ] || [ $((now - last_change)) -lt "$SETTLED_SECONDS" ] || break
    [ $((now - started)) -lt "$STACK_SECONDS" ] || break
    sleep 1
  done
  if [ "$state" = ok ]; then already 'serves'; else already "does not serve as it should: $waiting_for"; fi
}

# summarise_status: `ok|`, `starting|what it waits for` or `faulty|what is wrong`, from `agentctl status --json`.
summarise_status() {
  timeout 20 "$current/bin/agentctl" status --json 2>/dev/null 9>&- >"$scratch/status.json" || :
  "$current/bin/node" --input-type=module --eval '
    import { readFileSync } from "node:fs";
    const say = (state, detail) => process.stdout.write(`${state}|${detail}`);
    let status;
    try {
      status = JSON.parse(readFileSync(process.argv[1], "utf8"));
    } catch {
      say("starting", "waiting for the first status of the agent");
      process.exit(0);
    }
    const step = status.provisioning?.steps?.find(({ state }) => state !== "done");
    const problems = (status.problems ?? []).filter(({ severity }) => severity !== "info").map(({ title }) => title);
    if (status.stale) say("starting", "waiting for the agent");
    else if (status.provisioning?.state !== "done") say("starting", `${step?.name ?? "provisioning"} ${step?.detail ?? ""}`.trim());
    else if (status.overall === "ok") say("ok", "");
    else say("faulty", problems.join("; ") || `overall ${status.overall}`);
  ' "$scratch/status.json" 9>&- || printf 'starting|waiting for the agent'
}

# show_status: the last thing that the installer prints; its exit status is that of the installer.
show_status() {
  result=0
  timeout 20 "$current/bin/agentctl" status 9>&- || result=$?
  return "$result"
}
