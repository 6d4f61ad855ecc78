import type { ExecutionContext } from 'ava';
import { probeStunBinding } from '../../agent/probes/stun-probe.ts';
import { probeTcp } from '../../agent/probes/tcp-probe.ts';
import { probeUdpEcho } from '../../agent/probes/udp-echo-probe.ts';
import type { Suite } from '../support/debian-root.ts';
import { needs, testWhen } from '../support/needs.ts';
import { type FreshMachine, freshMachine } from './fresh-machine.ts';
import { leftBehind, type Traces, traces } from './traces.ts';

export const INSTALLER = '/root/appliance-agent/install.sh';
const MINUTE = 60_000;

export interface Setting {
  readonly machine: FreshMachine;
  /** What was on the machine before anything was installed. */
  readonly before: Traces;
}

/**
 * Declares tests that share one fresh machine, made before the first and destroyed after the last. They run in order,
 * each on what the one before left.
 */
export function onFreshMachine(options: { suite: Suite; init: 'systemd' | 'none' }) {
  const test = testWhen(needs({ root: true, commands: ['mmdebstrap', 'systemd-nspawn', 'nsenter', 'ip'] }));
  let setting: Setting | null = null;
  test.before(async (t) => {
    t.timeout(10 * MINUTE);
    const machine = await freshMachine(options);
    setting = { machine, before: await traces(machine) };
  });
  test.after.always(async () => {
    await setting?.machine.destroy();
  });
  return (title: string, check: (t: ExecutionContext, setting: Setting) => Promise<void>) =>
    test(title, async (t) => {
      t.timeout(10 * MINUTE);
      if (setting === null) return t.fail('there is no machine');
      await check(t, setting);
    });
}

/** Runs the installer; its whole output is in the test's log when it does not exit 0. */
export async function install(t: ExecutionContext, { machine }: Setting, args: string): Promise<string> {
  const { exitCode, stdout, stderr } = await machine.sh(`${INSTALLER} ${args} </dev/null`, 9 * MINUTE);
  if (exitCode !== 0) t.log(stdout, stderr);
  t.is(exitCode, 0, `install.sh ${args} exits 0`);
  return stdout;
}

/** The stack answers somebody outside the machine, and the machine's own status says the same. */
export async function isServed(t: ExecutionContext, { machine }: Setting): Promise<void> {
  const host = machine.address;
  const verdicts = await Promise.all([
    probeUdpEcho({ host, port: 7882, timeoutMs: 3000 }),
    probeTcp({ host, port: 7881, timeoutMs: 3000, echo: true }),
    probeStunBinding({ host, port: 3478, timeoutMs: 3000 }),
  ]);
  t.deepEqual(
    verdicts.map(({ ok, detail }) => (ok ? 'ok' : detail)),
    ['ok', 'ok', 'ok'],
  );
  t.false((await probeTcp({ host, port: 5349, timeoutMs: 1000, echo: false })).ok, '5349 is closed');
  const { stdout, exitCode } = await machine.sh('agentctl status --json');
  t.is(exitCode, 0);
  const status = JSON.parse(stdout);
  t.is(status.overall, 'ok');
  t.is(status.provisioning.state, 'done');
  t.is(status.firewall.state, 'in-sync');
}

/** Nothing but what Debian's packages brought, and the engine's own. */
export async function isGone(t: ExecutionContext, { machine, before }: Setting): Promise<void> {
  t.deepEqual(
    leftBehind(before, await traces(machine)).filter((trace) => !ofPackages(trace)),
    [],
  );
}

/** What stays on purpose: Debian's packages, their services, and Docker's own tables, networks and bridge. */
const OF_PACKAGES = [
  /^rules: table ip6? (nat|filter|raw)( .*)?$/,
  /^networks: (bridge|host|none)$/,
  /^interfaces: docker0$/,
  /^processes: (dockerd|containerd)$/,
  /^files: \/usr\/local\/lib\/(python|node_modules)/,
  /^files: \/usr\/local\/share\/ca-certificates$/,
  /^files: \/opt\/containerd/,
  /^units: (multi-user\.target\.wants|sockets\.target\.wants|containerd\.service|docker\.service|docker\.socket)$/,
];

const ofPackages = (trace: string) => OF_PACKAGES.some((pattern) => pattern.test(trace));
