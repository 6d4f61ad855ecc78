import test from 'ava';
import { overallOf, toChecks } from '../../../agent/agentctl/doctor/checks.ts';
import { renderChecks } from '../../../agent/agentctl/render/doctor.ts';
import { renderConclusion, renderEvent } from '../../../agent/agentctl/render/events.ts';
import { labelled, table, wrap } from '../../../agent/agentctl/render/text.ts';
import { plain } from '../../../agent/agentctl/terminal.ts';
import { known } from '../../../agent/conditions/findings.ts';
import { CONDITIONS } from '../../../agent/conditions/index.ts';
import { evaluate } from '../../../agent/conditions/problems.ts';
import type { Facts } from '../../../agent/conditions/types.ts';
import { dark, well } from '../conditions/well.ts';
import { died } from '../control/a-status.ts';

process.env.TZ = 'UTC';

const screen = { columns: 100, paint: plain };
const checksOf = (facts: Facts) => toChecks(evaluate(CONDITIONS, facts));
/** A screen of a few checks: what it looks like does not change with each condition that is added. */
const SHOWN = ['ENGINE_UNREACHABLE', 'FORWARD_PATH_BLOCKED', 'DISK_LOW', 'CLOCK_UNSYNCHRONISED'];
const fewChecksOf = (facts: Facts) =>
  toChecks(
    evaluate(
      CONDITIONS.filter(({ code }) => SHOWN.includes(code)),
      facts,
    ),
  );

test('an event reads like a story', (t) => {
  t.is(
    renderEvent(died, screen).join('\n'),
    `2026-11-22 13:05:02  livekit    service died: its process ended with code 137 (engine event die)
                                start the container: ok in 0.8 s (serving again)`,
  );
});

test('an event that called for nothing is one line; evidence that repeats the cause is not', (t) => {
  const quiet = { ...died, action: null, result: 'none' as const, resultDetail: '', durationMs: null };
  t.deepEqual(renderEvent({ ...quiet, evidence: quiet.cause }, screen), [
    '2026-11-22 13:05:02  livekit    service died: its process ended with code 137',
  ]);
});

test('what failed says after how long and why; what is under way says so', (t) => {
  const failed = { ...died, result: 'failed' as const, resultDetail: 'no such image', durationMs: 2_100 };
  t.is(
    renderConclusion(failed, screen)[0]?.trim(),
    'start the container: failed after 2.1 s (no such image)',
  );
  const pending = { ...died, result: 'pending' as const, resultDetail: '', durationMs: null };
  t.is(renderConclusion(pending, screen)[0]?.trim(), 'start the container: under way');
});

test('doctor on an appliance that is well: one line a check, and nothing skipped', (t) => {
  const all = checksOf(well);
  t.is(overallOf(all), 'ok');
  t.deepEqual([...new Set(all.map(({ state }) => state))], ['ok']);
  t.is(
    renderChecks(fewChecksOf(well), null, screen),
    `ok    Docker Engine  20.10.24 answers
ok    Forward path   accepted by DOCKER-USER
ok    Disk space     /: 20.0 GiB free of 50.0 GiB (40 %); 64.0 MiB set aside
ok    Clock          synchronised

All 4 checks passed.
`,
  );
});

test('a check that fails shows its evidence and what to do; a skipped one its reason', (t) => {
  const checks = fewChecksOf({
    ...well,
    engine: known({ version: '', error: 'nobody answers', stoppedAt: null }),
    clock: known({ wall: '2026-11-22T13:00:00Z', synchronized: false, detail: 'not synchronised' }),
    forwardPath: dark.forwardPath,
  });
  t.is(
    renderChecks(checks, 'sudo agentctl doctor', screen),
    `FAIL  Docker Engine  nobody answers [ENGINE_UNREACHABLE]
      Next: See why: \`sudo journalctl -u docker -n 50\`. Then: \`sudo systemctl restart docker\`
            (without systemd, run install.sh again).
SKIP  Forward path   needs root
ok    Disk space     /: 20.0 GiB free of 50.0 GiB (40 %); 64.0 MiB set aside
NOTE  Clock          not synchronised [CLOCK_UNSYNCHRONISED]
      Next: See what keeps the time: \`timedatectl status\`. Switch it on with:
            \`sudo timedatectl set-ntp true\`

1 of 4 checks failed, 1 was skipped. Some need root: \`sudo agentctl doctor\`
`,
  );
});

test('what doctor finds decides over its exit: critical, degraded, then what was not seen', (t) => {
  const compose = known({ version: null, detail: 'missing' });
  t.is(
    overallOf(checksOf({ ...dark, compose, engine: known({ version: '', error: 'x', stoppedAt: null }) })),
    'critical',
  );
  t.is(overallOf(checksOf({ ...dark, compose })), 'degraded');
  t.is(overallOf(checksOf(dark)), 'unknown');
  t.is(overallOf(checksOf({ ...well, forwardPath: dark.forwardPath })), 'unknown');
  const unessential = {
    ...well,
    clock: dark.clock,
    dockerProxies: dark.dockerProxies,
    database: dark.database,
  };
  t.is(overallOf(checksOf(unessential)), 'ok');
  const hold = known([{ name: 'livekit', state: 'running', serving: true, held: true, detail: '' }]);
  t.is(overallOf(checksOf({ ...well, services: hold })), 'ok');
});

test('the states of the database are one check, and the fault is the one that is shown', (t) => {
  const checks = checksOf({
    ...well,
    database: known({ state: 'unwritable', detail: 'disk full', hint: '' }),
  });
  t.deepEqual(
    checks
      .filter(({ check }) => check === 'Database')
      .map(({ code, state, evidence }) => [code, state, evidence]),
    [['DATABASE_UNWRITABLE', 'fail', 'disk full']],
  );
});

test('a text is broken at spaces, but never within a command', (t) => {
  t.deepEqual(wrap('one two three', 7), ['one two', 'three']);
  t.deepEqual(wrap('run `a long command` now', 10), ['run', '`a long command`', 'now']);
  t.deepEqual(wrap('(see `a b`). end', 8), ['(see', '`a b`).', 'end']);
  t.deepEqual(wrap('', 10), ['']);
  t.deepEqual(labelled('Next: ', 'one two three', 13), ['Next: one two', '      three']);
});

test('columns are as wide as their widest cell, numbers stand right, colours have no width', (t) => {
  const columns = [{ title: 'NAME' }, { title: 'N', align: 'right' as const }, { title: 'TEXT' }];
  const rows = [
    ['\x1b[31mred\x1b[39m', '7', 'a b c'],
    ['longer', '1000', ''],
  ];
  t.deepEqual(table(columns, rows, 18), [
    'NAME       N  TEXT',
    '\x1b[31mred\x1b[39m        7  a b',
    '              c',
    'longer  1000',
  ]);
});
