import { type Measurements, measure } from '../bench/benches.ts';
import { QUICK } from '../bench/counts.ts';
import { report } from '../bench/report.ts';
import { APPLIANCE_NEEDS } from '../support/appliance.ts';
import { CLIENT_V4 } from '../support/machine.ts';
import { needs, testWhen } from '../support/needs.ts';

const test = testWhen(needs(APPLIANCE_NEEDS));
let measured: Measurements;

test.before('every bench runs, with tiny counts', async () => {
  measured = await measure(QUICK, () => undefined);
});

/** Of how many of these figures something was measured. */
const positive = (figures: readonly number[]) => figures.filter((figure) => figure > 0).length;

test('publishing: Docker has two proxies a port, and we have none', (t) => {
  const seen = measured.publish.map(({ by, ports, rounds }) => [by, ports, rounds[0]?.proxies.processes]);
  t.deepEqual(seen, [
    ['appliance-agent', 1, 0],
    ['Docker', 1, 2],
    ['Docker', 3, 6],
  ]);
  for (const { by, rounds } of measured.publish) {
    t.is(positive(rounds.flatMap(({ upMs, removeMs }) => [upMs, removeMs])), 2);
    t.is(
      positive(rounds.flatMap(({ proxies }) => [proxies.rssBytes, proxies.pssBytes])),
      by === 'Docker' ? 2 : 0,
    );
  }
});

test('round trips: all four ways answer, and all but docker-proxy show the client’s address', (t) => {
  t.deepEqual(
    measured.roundTrip.map(({ seenAs }) => seenAs === CLIENT_V4),
    [true, true, true, false],
  );
  for (const { rounds } of measured.roundTrip) {
    t.deepEqual(
      rounds.map(({ lost, p50Us, p99Us }) => [lost, p50Us > 0 && p50Us <= p99Us]),
      [[0, true]],
    );
  }
});

test('moves: the flow was interrupted, and ours was served again', (t) => {
  t.deepEqual(
    measured.blackhole.map(({ by, trials }) => [by, positive(trials.map(({ blackholeMs }) => blackholeMs))]),
    [
      ['Docker', 1],
      ['appliance-agent', 1],
    ],
  );
  for (const { by, trials } of measured.blackhole) {
    for (const { from, to, healed } of trials) {
      t.not(from, to);
      if (by === 'appliance-agent') t.true(healed);
    }
  }
});

test('starts: the element comes after the event', (t) => {
  t.is(measured.startToMap.starts.length, 1);
  t.is(positive(measured.startToMap.starts.map(({ openAfterMs }) => openAfterMs)), 1);
});

test('a table is applied, found to be right, and changed', (t) => {
  const figures = measured.apply.flatMap(({ rounds }) => rounds.flatMap((round) => Object.values(round)));
  t.is(positive(figures), 4);
});

test('the agent at rest has memory, and uses less than one core', (t) => {
  t.deepEqual(
    measured.rest.map(({ containers, own }) => [containers, own]),
    [[3, 2]],
  );
  for (const { windows, memory } of measured.rest) {
    t.is(windows.length, QUICK.rest.windows);
    t.true(windows.every(({ itself, children }) => itself + children < 100));
    t.is(positive([memory.rssBytes, memory.pssBytes]), 2);
  }
});

test('a service that was killed serves again, with Docker alone and with us', (t) => {
  t.deepEqual(
    measured.heal.map(({ by, fault, outages }) => [by, fault, outages.map(({ ended }) => ended)]),
    [
      ['Docker, `restart: always`', 'killed', [true]],
      ['appliance-agent', 'killed', [true]],
    ],
  );
  t.is(positive(measured.heal.flatMap(({ outages }) => outages.map(({ ms }) => ms))), 2);
});

test('events leave no file open, and no row behind', (t) => {
  const { holdings } = measured.events;
  t.is(holdings.length, 3);
  t.is(new Set(holdings.map(({ rows }) => rows)).size, 1);
  const files = holdings.map(({ openFiles }) => openFiles);
  t.true(Math.max(...files) - Math.min(...files) <= 2, files.join(', '));
});

test('the report names the machine and has every section, with figures in all of them', (t) => {
  const text = report(measured);
  t.true(text.includes(`kernel ${measured.on.kernel}`));
  t.is(text.match(/^## /gm)?.length, 8);
  t.notRegex(text, /NaN|undefined|null/);
});
