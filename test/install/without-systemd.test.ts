import { INSTALLER, install, isGone, isServed, onFreshMachine } from './installation.ts';

const test = onFreshMachine({ suite: 'trixie', init: 'none' });

test('an installation that is interrupted can be undone, and leaves no guard over services', async (t, setting) => {
  const { machine } = setting;
  // At the worst moment: dpkg has just enabled the service of Debian's coturn.
  const untilEnabled =
    'until [ -e /etc/systemd/system/multi-user.target.wants/coturn.service ]; do sleep 0.01; done';
  const interrupted = await machine.sh(
    `${INSTALLER} --demo </dev/null & installer=$!; timeout 240 sh -c '${untilEnabled}'; kill -TERM "$installer"; wait "$installer"`,
    5 * 60_000,
  );
  t.not(interrupted.exitCode, 0);
  t.notRegex(interrupted.stdout, /Docker Engine … /, 'it was interrupted during the packages');
  t.is((await machine.sh('test -e /usr/sbin/policy-rc.d')).exitCode, 1);
  await install(t, setting, '--uninstall --purge');
  await isGone(t, setting);
});

test('without systemd the engine and the agent run in the background, and the stack serves', async (t, setting) => {
  const output = await install(t, setting, '--demo');
  t.regex(output, /^\[ 9\/13\] Docker Engine … started .* as a background process/m);
  t.regex(output, /^\[10\/13\] Docker setting … not needed: Docker keeps its rules with iptables$/m);
  t.regex(output, /runs as background processes: there is no systemd here/);
  await isServed(t, setting);
  t.regex((await setting.machine.sh('agentctl logs agent')).stdout, /the agent starts/);
  const tuned = await setting.machine.sh('cat /run/appliance-agent/tune.json');
  t.regex(tuned.stdout, /"name": "net\.core\.rmem_max"/);
  t.is((await setting.machine.sh('pgrep -c docker-proxy')).stdout.trim(), '0');
});

test('without systemd a second run changes nothing and says so', async (t, setting) => {
  const pids = 'cat /run/appliance-agent/*.pid';
  const before = (await setting.machine.sh(pids)).stdout;
  t.regex(await install(t, setting, '--demo'), /^nothing to do: /m);
  t.is((await setting.machine.sh(pids)).stdout, before);
});

test('without systemd an engine that hangs is restarted by the agent, with the program that the installer gave it', async (t, setting) => {
  const { machine } = setting;
  await machine.sh('kill -STOP $(cat /run/appliance-agent/dockerd.pid)');
  const begun = performance.now();
  const answers =
    'for i in $(seq 90); do timeout 5 docker version >/dev/null 2>&1 && exit 0; sleep 1; done; exit 1';
  t.is((await machine.sh(answers, 10 * 60_000)).exitCode, 0);
  t.log(`the engine answered after ${Math.round((performance.now() - begun) / 1_000)} s`);
  const serves = 'for i in $(seq 60); do agentctl status >/dev/null && exit 0; sleep 1; done; exit 1';
  t.is((await machine.sh(serves, 90_000)).exitCode, 0);
  await isServed(t, setting);
  t.regex((await machine.sh('agentctl events')).stdout, /restarted the Docker Engine: ok/);
});

test('without systemd an agent that was killed is started by the next run, on the stack that went on', async (t, setting) => {
  const { machine } = setting;
  await machine.sh('kill -KILL $(cat /run/appliance-agent/agent.pid)');
  t.is((await machine.sh('agentctl status')).exitCode, 3, 'a status without its agent is stale');
  const containers = (await machine.sh('docker ps --quiet')).stdout;
  t.regex(await install(t, setting, '--demo'), /^\[12\/13\] Agent … started in the background/m);
  t.is((await machine.sh('docker ps --quiet')).stdout, containers);
  await isServed(t, setting);
});

test('without systemd --uninstall --purge leaves no process, file, rule or container of ours behind', async (t, setting) => {
  await install(t, setting, '--uninstall --purge');
  t.is((await setting.machine.sh('pgrep -x "dockerd|containerd|node" | wc -l')).stdout.trim(), '0');
  await isGone(t, setting);
});
