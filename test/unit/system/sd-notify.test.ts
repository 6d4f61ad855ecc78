import test from 'ava';
import type { Run } from '../../../agent/system/processes.ts';
import { serviceManager } from '../../../agent/system/sd-notify.ts';

function manager(environment: NodeJS.ProcessEnv) {
  const sent: string[] = [];
  let monotonicMs = 0;
  const run: Run = async (_command, args) => {
    sent.push(args.filter((arg) => !arg.startsWith('--pid=')).join(' '));
    return { exitCode: 0, stdout: '', stderr: '', durationMs: 1 };
  };
  const clock = { now: () => ({ bootId: 'b', monotonicMs, wall: '' }) };
  const pass = (ms: number) => {
    monotonicMs += ms;
  };
  return { ...serviceManager(run, clock, environment), sent, pass };
}
const UNDER_SYSTEMD = { NOTIFY_SOCKET: '/run/systemd/notify' };

test('without a service manager nothing is sent', async (t) => {
  const m = manager({});
  await m.ready();
  await m.alive();
  t.deepEqual(m.sent, []);
});

for (const seconds of [60, 30]) {
  test(`ready is said once, and a watchdog of ${seconds} s is fed every ${seconds / 3} s at most`, async (t) => {
    const m = manager({ ...UNDER_SYSTEMD, WATCHDOG_USEC: `${seconds * 1_000_000}` });
    await m.ready();
    await m.ready();
    await m.alive();
    m.pass((seconds / 3) * 1_000 - 1);
    await m.alive();
    m.pass(1);
    await m.alive();
    t.deepEqual(m.sent, ['--ready', 'WATCHDOG=1', 'WATCHDOG=1']);
  });
}

test('where there is no watchdog, one is not fed', async (t) => {
  const m = manager(UNDER_SYSTEMD);
  await m.alive();
  t.deepEqual(m.sent, []);
});
