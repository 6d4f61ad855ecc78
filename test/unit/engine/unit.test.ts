import test from 'ava';
import { createEngineUnit } from '../../../agent/engine/unit.ts';
import type { Run } from '../../../agent/system/processes.ts';

function unit(options: { program?: string; underSystemd: boolean; answer?: string; exitCode?: number }) {
  const asked: string[] = [];
  const run: Run = async (command, args) => {
    asked.push([command, ...args].join(' '));
    return {
      exitCode: options.exitCode ?? 0,
      stdout: options.answer ?? '',
      stderr: 'said no',
      durationMs: 1,
    };
  };
  const { program, underSystemd } = options;
  return { ...createEngineUnit({ run, program, underSystemd }), asked };
}
const says = (ActiveState: string, Result = 'success', LoadState = 'loaded', stoppedAtUs = 61_234_567) =>
  unit({
    underSystemd: true,
    answer: `Result=${Result}\nLoadState=${LoadState}\nActiveState=${ActiveState}\nInactiveEnterTimestampMonotonic=${stoppedAtUs}\n`,
  }).state();

test('a unit that was stopped is told from one that failed, hangs or starts', async (t) => {
  t.deepEqual(await says('inactive'), { kind: 'stopped', atMonotonicMs: 61_234.567 });
  t.deepEqual(await says('inactive', 'success', 'loaded', 0), { kind: 'stopped', atMonotonicMs: null });
  t.deepEqual(await says('failed', 'start-limit-hit'), { kind: 'other' });
  t.deepEqual(await says('inactive', 'exit-code'), { kind: 'other' });
  t.deepEqual(await says('active'), { kind: 'other' });
  t.deepEqual(await says('activating'), { kind: 'starting' });
  t.deepEqual(await says('deactivating'), { kind: 'starting' });
  t.deepEqual(await says('inactive', 'success', 'not-found'), { kind: 'none' });
});

for (const [socket, units] of [
  ['loaded', 'docker.socket docker.service'],
  ['masked', 'docker.service'],
] as const) {
  test(`systemd forgets that the unit failed too often, and restarts it; its socket is ${socket}`, async (t) => {
    const { restart, asked } = unit({ underSystemd: true, answer: `${socket}\n` });
    await restart();
    t.deepEqual(asked.slice(1), [`systemctl reset-failed ${units}`, `systemctl restart ${units}`]);
  });
}

test('a program that was named comes before systemd', async (t) => {
  const { restart, state, asked } = unit({ program: '/restart', underSystemd: true });
  t.deepEqual(await state(), { kind: 'other' });
  await restart();
  t.deepEqual(asked, ['/restart']);
});

test('a service manager that cannot be asked is as good as none', async (t) => {
  t.deepEqual(await unit({ underSystemd: true, exitCode: 1 }).state(), { kind: 'none' });
});

test('where there is neither, nobody can restart the engine, and it is said', async (t) => {
  const none = unit({ underSystemd: false });
  t.false(none.available);
  t.deepEqual(await none.state(), { kind: 'none' });
  const error = await t.throwsAsync(() => none.restart());
  t.regex(error?.message ?? '', /no service manager/);
});

test('a restart that fails says why', async (t) => {
  const { restart } = unit({ program: '/restart', underSystemd: false, exitCode: 1 });
  const error = await t.throwsAsync(() => restart());
  t.regex(error?.message ?? '', /said no/);
});
