import * as nft from '../../agent/nftables/index.ts';
import { needs, testWhen } from '../support/needs.ts';
import { everything, withTarget } from '../unit/nftables/samples.ts';
import { converge, listing, namespace } from './nftables-namespace.ts';

const test = testWhen(needs({ root: true, commands: ['nft', 'ip'] }));

test("another program's table is as it was after apply, change and removal", async (t) => {
  const here = await namespace(t);
  await here.byHand(
    'table inet theirs { set s { type inet_service; elements = { 22 } \n }\n chain c { type filter hook input priority 0; policy drop; tcp dport @s counter accept\n }\n}\ntable ip appliance { chain c { }\n }',
  );
  const before = await here.ruleset();
  await converge(here, everything);
  await converge(here, withTarget(everything, '172.30.5.9'));
  t.not(await here.ruleset(), before);
  await here.nft.commit(nft.removal('inet', 'appliance'));
  t.is(await here.ruleset(), before);
  await t.notThrowsAsync(here.nft.commit(nft.removal('inet', 'appliance')), 'removal of what is not there');
});

test('a flush of the whole ruleset by somebody is seen and undone', async (t) => {
  const here = await namespace(t);
  await converge(here, everything);
  const before = await listing(here);
  await here.byHand('flush ruleset');
  t.deepEqual(nft.differences(everything, await here.nft.list('inet', 'appliance')), [
    'table inet appliance is missing',
  ]);
  await converge(here, everything);
  t.true(nft.sameMeaning(before, await listing(here)));
});

test('whatever somebody puts into our table is named and removed', async (t) => {
  const here = await namespace(t);
  await converge(here, everything);
  const before = await listing(here);
  await here.byHand(FOREIGN);
  const sentences = nft.differences(everything, await listing(here));
  for (const expected of [
    'chain stray should not be there',
    'map verdicts should not be there',
    'counter theirs should not be there',
    'quota q should not be there',
    'ct helper h should not be there',
    'map targets: udp . 9 should not be there',
    'set published: udp . 7882 is missing',
  ]) {
    t.true(sentences.includes(expected), `${expected} in ${JSON.stringify(sentences)}`);
  }
  t.true(
    sentences.some((sentence) => /^chain input: rule with handle \d+ should not be there$/.test(sentence)),
  );
  await converge(here, everything);
  t.deepEqual(nft.differences(everything, await listing(here)), []);
  t.true(nft.sameMeaning(before, await listing(here)));
});

const FOREIGN = `table inet appliance {
  quota q {
    over 10 mbytes
  }
  limit l {
    rate 1/second
  }
  ct helper h {
    type "ftp" protocol tcp;
  }
  counter theirs {
  }
  map verdicts {
    type ipv4_addr : verdict
    elements = { 192.0.2.1 : jump stray, 192.0.2.2 : drop }
  }
  map counted {
    type ipv4_addr : counter
    elements = { 192.0.2.1 : "theirs" }
  }
  set seen {
    type ipv4_addr
    flags dynamic,timeout
    timeout 5m
    elements = { 192.0.2.1 comment "somebody" }
  }
  chain stray {
    quota name "q" limit name "l" accept
  }
  chain input {
    counter
    ip saddr vmap @verdicts
    counter name ip saddr map @counted
    tcp dport vmap { 22 : jump stray }
    add @seen { ip saddr }
    jump accounts
  }
}
add element inet appliance targets { udp . 9 : 192.0.2.9 }
delete element inet appliance published { udp . 7882 }
`;

test('a table that somebody put to sleep is made anew', async (t) => {
  const here = await namespace(t);
  await converge(here, everything);
  await here.byHand('add table inet appliance { flags dormant; }');
  t.deepEqual(nft.differences(everything, await listing(here)), [
    'table inet appliance has flags (e.g. dormant), should have none',
  ]);
  await converge(here, everything);
  t.deepEqual(nft.differences(everything, await listing(here)), []);
  t.notRegex(await here.ruleset(), /dormant/);
});

test('a rule that was changed behind its comment is seen by comparing listings, and replaced', async (t) => {
  const here = await namespace(t);
  await converge(here, everything);
  const committed = await listing(here);
  const drop = committed.chains.find(({ name }) => name === 'input')?.rules.at(-1);
  await here.byHand(
    `replace rule inet appliance input handle ${drop?.handle} accept comment "${drop?.comment}"`,
  );
  const changed = await listing(here);
  t.deepEqual(nft.differences(everything, changed), [], 'the comment still says that all is well');
  t.false(nft.sameMeaning(committed, changed));
  await here.nft.commit(nft.replacement(everything, changed));
  t.true(nft.sameMeaning(committed, await listing(here)));
});
