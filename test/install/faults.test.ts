import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Status } from '../../agent/control/status.ts';
import type { RecordedEvent } from '../../agent/store/types.ts';
import { needs, testWhen } from '../support/needs.ts';
import { makeApplianceRoot } from './appliance-root.ts';
import { DIRECTORY } from './fresh-machine.ts';
import { boot, type Clone, configure, installer, makeBundle, PROJECT, serves } from './image.ts';

const MINUTE = 60_000;
/** Shorter than in the unit, so that the test is. */
const WATCHDOG_S = 25;
const test = testWhen(
  needs({ root: true, commands: ['mmdebstrap', 'systemd-nspawn', 'nsenter', 'unshare'] }),
);
let directory: string;
let machine: Clone;

test.before('an appliance is installed and booted', async (t) => {
  t.timeout(8 * MINUTE);
  await mkdir(DIRECTORY, { recursive: true });
  directory = await mkdtemp(join(DIRECTORY, 'faults-'));
  const root = join(directory, 'root');
  await makeApplianceRoot(root);
  await configure(root);
  const { folder } = await makeBundle(PROJECT, join(directory, 'bundle'));
  const installed = await installer(folder, '--root', root);
  t.is(installed.exitCode, 0, installed.stdout + installed.stderr);
  machine = await boot(root);
  await serves(t, machine);
});
test.after.always('it is taken away', async () => {
  await machine?.destroy();
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
});

/** Runs a script in the machine, which must succeed; its output. */
async function sh(t: ExecutionContext, script: string, limitMs = 30_000): Promise<string> {
  const { exitCode, stdout, stderr } = await machine.sh(script, limitMs);
  t.is(exitCode, 0, `${script}\n${stdout}${stderr}`);
  return stdout.trim();
}

/** Made when `until` begins. */
const ASKED = '/run/asked';

/** Resolves to the seconds until a condition of the shell holds. */
async function until(t: ExecutionContext, condition: string, limitS: number): Promise<number> {
  const begun = performance.now();
  const polls = limitS * 5;
  await sh(
    t,
    `touch ${ASKED}; for i in $(seq ${polls}); do ${condition} && exit 0; sleep 0.2; done; systemctl --no-pager status docker.socket docker.service appliance-agent; agentctl status; exit 1`,
    (limitS + 30) * 1_000,
  );
  return Math.round(performance.now() - begun) / 1_000;
}

const events = async (t: ExecutionContext): Promise<readonly RecordedEvent[]> =>
  (await sh(t, 'agentctl events --json')).split('\n').map((line) => JSON.parse(line));
const newest = async (t: ExecutionContext) => (await events(t)).at(-1)?.id ?? 0;
const ENGINE_ANSWERS = 'timeout 5 docker version >/dev/null 2>&1';
const RESTARTS = '$(systemctl show --property=NRestarts --value appliance-agent)';
/** Not what the agent wrote before it could have noticed anything. */
const IS_UP = `[ /run/appliance-agent/status.json -nt ${ASKED} ] && agentctl status >/dev/null`;
const PROCESSES = "docker ps --quiet | xargs docker inspect --format '{{.State.Pid}} {{.State.StartedAt}}'";

test('an engine that ended is started again by systemd, and the agent lets it', async (t) => {
  const before = await newest(t);
  await sh(t, 'kill -KILL $(systemctl show --property=MainPID --value docker)');
  t.log(`the engine answered after ${await until(t, ENGINE_ANSWERS, 25)} s`);
  t.log(`all served ${await until(t, IS_UP, 60)} s later`);
  const kinds = (await events(t)).filter(({ id }) => id > before).map(({ kind }) => kind);
  t.false(kinds.includes('engine-restarted'), kinds.join());
});

test('an engine that hangs, and whose socket is gone, is restarted by the agent through systemd, once', async (t) => {
  const before = await newest(t);
  await sh(t, 'kill -STOP $(systemctl show --property=MainPID --value docker) && rm /run/docker.sock');
  const seconds = await until(t, ENGINE_ANSWERS, 90);
  t.log(`the engine answered after ${seconds} s`);
  t.true(seconds >= 25, 'first it is left to systemd');
  t.log(`all served ${await until(t, IS_UP, 60)} s later`);
  const restarts = (await events(t)).filter(({ id, kind }) => id > before && kind === 'engine-restarted');
  t.deepEqual(
    restarts.map(({ subject, action, result }) => `${subject}: ${action}: ${result}`),
    ['engine: restarted the Docker Engine: ok'],
  );
});

test('an engine that an operator stopped is left so; status says since when, and how to start it again', async (t) => {
  t.timeout(3 * MINUTE);
  const before = await newest(t);
  await sh(t, 'systemctl stop docker.socket docker.service', MINUTE);
  const stopped = await sh(
    t,
    'systemctl show --property=InactiveEnterTimestamp --timestamp=unix --value docker',
  );
  await until(t, "agentctl status | grep -q 'an operator stopped it'", 20);
  // One that hangs is restarted after 30 s.
  await sh(t, 'sleep 35', MINUTE);
  const status: Status = JSON.parse(await sh(t, 'cat /run/appliance-agent/status.json'));
  const { evidence = '', next } = status.problems.find(({ code }) => code === 'ENGINE_UNREACHABLE') ?? {};
  const said = Date.parse(/an operator stopped it \(systemctl stop\) at (\S+),/.exec(evidence)?.[1] ?? '');
  t.true(Math.abs(said / 1_000 - Number(stopped.slice(1))) < 2, `${evidence}; ${stopped}`);
  t.regex(next ?? '', /systemctl start docker\.socket docker\.service/);
  t.is(await sh(t, 'systemctl is-active docker.socket docker.service; true'), 'inactive\ninactive');
  await sh(t, 'systemctl start docker.socket docker.service', MINUTE);
  t.log(`all served ${await until(t, IS_UP, 60)} s after it was started`);
  const kinds = (await events(t)).filter(({ id }) => id > before).map(({ kind }) => kind);
  t.false(kinds.includes('engine-restarted') || kinds.includes('held'), kinds.join());
});

test('a loop that is blocked while timers go on is ended by the watchdog, and the stack is left alone', async (t) => {
  t.timeout(2 * MINUTE);
  const dropIn = '/run/systemd/system/appliance-agent.service.d';
  await sh(
    t,
    `mkdir -p ${dropIn} && printf '[Service]\\nWatchdogSec=${WATCHDOG_S}\\n' >${dropIn}/watchdog.conf`,
  );
  await sh(t, 'systemctl daemon-reload && systemctl restart appliance-agent');
  await until(t, IS_UP, 30);
  const processes = await sh(t, PROCESSES);
  // Who opens a pipe that nobody writes to waits, as on a disk that does not answer: fifo(7).
  const config = '/etc/appliance-agent/appliance.yaml';
  await sh(t, `cp ${config} /root/kept && mkfifo /root/pipe && mv /root/pipe ${config}`);
  await sh(t, `sleep 11; mv /root/kept ${config}`);
  const seconds = await until(t, `[ ${RESTARTS} = 1 ]`, WATCHDOG_S + 20);
  t.log(`started again ${seconds + 11} s after it was blocked`);
  t.regex(await sh(t, 'journalctl --unit=appliance-agent --output=cat'), /Watchdog timeout/);
  await until(t, IS_UP, 30);
  t.is(await sh(t, PROCESSES), processes);
});

test('an agent that ended three times unasked only observes, says so, and acts again when it is told to', async (t) => {
  // The watchdog's was the first. Not kill(1): there is no main process for a moment, and 0 is the group of this test.
  for (const restarts of [2, 3]) {
    await sh(t, 'systemctl kill --signal=KILL --kill-whom=main appliance-agent');
    await until(t, `[ ${RESTARTS} = ${restarts} ] && systemctl is-active --quiet appliance-agent`, 30);
  }
  await until(t, 'agentctl status | grep -q AGENT_RESTRAINED', 20);
  t.regex(await sh(t, 'agentctl resume'), /The agent acts again/);
  await until(t, IS_UP, 20);
});
