import test from 'ava';
import type { Management } from '../../../agent/config/firewall.ts';
import { closedTable } from '../../../agent/firewall/base-rules.ts';
import { desiredTable } from '../../../agent/firewall/desired-table.ts';
import { managementText, type Perimeter } from '../../../agent/firewall/perimeter.ts';
import { checkSpec, type TableSpec } from '../../../agent/nftables/index.ts';
import { input } from './input.ts';

const ssh: Management = { networks: 'any', ports: [{ protocol: 'tcp', port: 22 }] };
const site: Management = {
  networks: ['192.0.2.0/24', '2001:db8:7::/48'],
  ports: [
    { protocol: 'tcp', port: 22 },
    { protocol: 'udp', port: 51820 },
  ],
};
const trial: Perimeter['trial'] = { id: '0123abcd', management: site, secondsLeft: 42 };
const tableWith = (perimeter: Perimeter) => desiredTable({ ...input, perimeter });
const idsOf = (table: TableSpec, chain: string) =>
  table.chains.find(({ name }) => name === chain)?.rules.map(({ id }) => id) ?? null;
const textOf = (table: TableSpec, chain: string) =>
  JSON.stringify(table.chains.find(({ name }) => name === chain)?.rules);

test('without a perimeter there is nothing of one in the table', (t) => {
  t.notRegex(JSON.stringify(tableWith({ confirmed: null, trial: null })), /perimeter|trial/);
});

test('every perimeter is a table that nft takes', (t) => {
  for (const perimeter of [
    { confirmed: ssh, trial: null },
    { confirmed: null, trial },
    { confirmed: ssh, trial },
  ]) {
    t.notThrows(() => checkSpec(tableWith(perimeter)));
  }
});

test('what the stack opens is let in before anything is denied, and only the last rules deny', (t) => {
  const table = tableWith({ confirmed: ssh, trial });
  const ids = idsOf(table, 'perimeter') ?? [];
  t.deepEqual(ids.slice(-3), ['accept-udp-3478', 'while-on-trial', 'confirmed']);
  t.notRegex(textOf(table, 'perimeter'), /"drop"/);
  t.is(table.chains.find(({ name }) => name === 'perimeter')?.base?.policy, 'accept');
  t.deepEqual(idsOf(table, 'perimeter-confirmed'), ['accept-management-0', 'drop-the-rest']);
});

test('a trial stands before what was confirmed, for as long as its clock runs', (t) => {
  const table = tableWith({ confirmed: ssh, trial });
  t.deepEqual(
    table.sets.find(({ name }) => name === 'trial-0123abcd-clock'),
    {
      name: 'trial-0123abcd-clock',
      type: ['nf_proto'],
      elements: [['ipv4'], ['ipv6']],
      expireSeconds: 42,
    },
  );
  t.regex(textOf(table, 'perimeter'), /@trial-0123abcd-clock.*trial-0123abcd".*perimeter-confirmed/);
  t.true(table.counters.includes('trial-0123abcd-admitted'));
});

test('management is let in from its networks alone, of both families, to its ports alone', (t) => {
  const rules = textOf(tableWith({ confirmed: site, trial: null }), 'perimeter-confirmed');
  t.regex(rules, /"ip","field":"saddr"\}\},"right":\{"prefix":\{"addr":"192\.0\.2\.0","len":24/);
  t.regex(rules, /"ip6","field":"saddr"\}\},"right":\{"prefix":\{"addr":"2001:db8:7::","len":48/);
  t.is(rules.split('["udp",51820]').length, 3);
  t.is(managementText(site), '22/tcp, 51820/udp from 192.0.2.0/24, 2001:db8:7::/48');
});

test('at boot what was confirmed is closed, and a trial closes nothing', (t) => {
  const closed = closedTable(tableWith({ confirmed: ssh, trial }));
  t.deepEqual(closed.sets.find(({ name }) => name === 'trial-0123abcd-clock')?.elements, []);
  t.deepEqual(idsOf(closed, 'perimeter-confirmed'), ['accept-management-0', 'drop-the-rest']);
});

test('those who look for this machine by mDNS are let in where it is announced, from their link alone', (t) => {
  const perimeter: Perimeter = { confirmed: ssh, trial: null };
  const announced = desiredTable({ ...input, perimeter, mdns: true });
  t.notThrows(() => checkSpec(announced));
  const rules = textOf(announced, 'perimeter');
  t.regex(rules, /"daddr"\}\},"right":"224\.0\.0\.251".*"right":5353.*"right":5353/);
  t.regex(rules, /"addr":"fe80::","len":10.*"right":"ff02::fb"/);
  t.notRegex(textOf(tableWith(perimeter), 'perimeter'), /5353/);
  t.notRegex(
    textOf(desiredTable({ ...input, mdns: true }), 'input'),
    /5353/,
    'without a perimeter nothing is closed',
  );
});
