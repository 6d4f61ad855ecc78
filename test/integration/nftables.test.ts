import { readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import * as nft from '../../agent/nftables/index.ts';
import { run } from '../../agent/system/processes.ts';
import { needs, testWhen } from '../support/needs.ts';
import { tables } from '../unit/nftables/arbitraries.ts';
import { beginning, transactions } from '../unit/nftables/operations.ts';
import { everything, withRules, withTarget } from '../unit/nftables/samples.ts';
import { type Namespace, namespace } from './nftables-namespace.ts';

const test = testWhen(needs({ root: true, commands: ['nft', 'ip', 'unshare'] }));

/** Brings the namespace's table to the spec and asserts nothing; returns what was done. */
async function converge(here: Namespace, spec: nft.TableSpec): Promise<nft.Transaction> {
  const transaction = nft.convergence(spec, await here.nft.list(spec.family, spec.name));
  await here.nft.commit(transaction);
  return transaction;
}

async function listing(here: Namespace, name = 'appliance'): Promise<nft.ListedTable> {
  const listed = await here.nft.list('inet', name);
  if (listed === null) throw new Error(`there is no table ${name}`);
  return listed;
}

test('a table with every kind of statement is applied, and converged when listed back', async (t) => {
  const here = await namespace(t);
  t.is(await here.nft.list('inet', 'appliance'), null);
  await converge(here, everything);
  const listed = await listing(here);
  t.deepEqual(nft.differences(everything, listed), []);
  t.deepEqual(nft.convergence(everything, listed).operations, []);
  const text = await here.ruleset();
  t.regex(
    text,
    /fib daddr type local dnat ip to meta l4proto \. th dport map @targets comment "publish [0-9a-f]{12}"/,
  );
  t.regex(text, /udp . 7882 : 172\.30\.5\.3/);
});

test('any table becomes any other in one transaction, with nothing left to do', async (t) => {
  const here = await namespace(t);
  await fc.assert(
    fc.asyncProperty(fc.array(tables(), { minLength: 2, maxLength: 4 }), async (specs) => {
      await here.nft.commit(nft.removal('inet', 'appliance'));
      for (const spec of specs) {
        await converge(here, spec);
        const listed = await listing(here);
        t.deepEqual(nft.differences(spec, listed), []);
        t.deepEqual(nft.convergence(spec, listed).operations, []);
        await here.nft.commit(nft.replacement(spec, listed));
        t.true(nft.sameMeaning(listed, await listing(here)));
      }
    }),
    { seed: 20260, numRuns: 15, includeErrorInReport: true },
  );
});

test('the fake takes and refuses what the real nft takes and refuses, and lists the same', async (t) => {
  const here = await namespace(t);
  const seen = { taken: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(transactions(), { minLength: 1, maxLength: 8 }), async (list) => {
      const fake = nft.createFakeNft();
      await here.nft.commit(nft.removal('inet', 'appliance'));
      for (const transaction of [beginning, ...list]) {
        const [real, faked] = [await outcome(here.nft, transaction), await outcome(fake, transaction)];
        t.is(
          faked === 'taken',
          real === 'taken',
          `real: ${real}; fake: ${faked}; ${JSON.stringify(transaction)}`,
        );
        seen[real === 'taken' ? 'taken' : 'refused'] += 1;
        const fakeListing = await fake.list('inet', 'appliance');
        t.true(fakeListing !== null && nft.sameMeaning(await listing(here), fakeListing));
      }
    }),
    { seed: 106, numRuns: 35, includeErrorInReport: true },
  );
  t.true(seen.taken > 50 && seen.refused > 50, `the sequences must have both: ${JSON.stringify(seen)}`);
});

async function outcome(client: nft.Nft, transaction: nft.Transaction): Promise<string> {
  try {
    await client.commit(transaction);
    return 'taken';
  } catch (error) {
    return error instanceof nft.NftError ? error.message : String(error);
  }
}

test('only what differs is touched: an element alone, and a chain alone', async (t) => {
  const here = await namespace(t);
  await converge(here, everything);
  const moved = await converge(here, withTarget(everything, '172.30.5.9'));
  t.deepEqual(
    moved.operations.map(({ verb, kind }) => `${verb} ${kind}`),
    ['delete element', 'add element'],
  );
  const fewer = withRules(withTarget(everything, '172.30.5.9'), 'input', (rules) => rules.slice(1));
  const { operations } = await converge(here, fewer);
  t.deepEqual(
    operations.map((operation) => `${operation.verb} ${operation.kind}`),
    [
      'flush chain',
      ...fewer.chains.flatMap(({ name, rules }) => (name === 'input' ? rules.map(() => 'add rule') : [])),
    ],
  );
  t.deepEqual(nft.differences(fewer, await listing(here)), []);
});

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

test('whatever somebody puts into our table is named and removed, and our counters live on', async (t) => {
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

test('a refused transaction changes nothing, and its error has the words of nft and the document', async (t) => {
  const here = await namespace(t);
  await converge(here, everything);
  const before = await here.ruleset();
  const moved = nft.convergence(withTarget(everything, '172.30.5.9'), await listing(here));
  const broken: nft.Transaction = {
    ...moved,
    operations: [...moved.operations, { verb: 'delete', kind: 'counter', name: 'media-in' }],
  };
  const refusal = await t.throwsAsync(here.nft.commit(broken), {
    instanceOf: nft.NftError,
    code: 'NFT_COMMIT_FAILED',
  });
  t.regex(refusal?.nftOutput ?? '', /Device or resource busy/);
  t.deepEqual(refusal?.transaction, nft.toDocument(broken));
  await t.throwsAsync(here.nft.check(broken), { instanceOf: nft.NftError, code: 'NFT_CHECK_FAILED' });
  await here.nft.check(moved);
  t.is(await here.ruleset(), before);
  t.deepEqual(await readdir(here.documents), [], 'no document is left behind');
});

test('nft reads a document that only its owner can read', async (t) => {
  const here = await namespace(t);
  const modes: string[] = [];
  const client = nft.createNft({
    temporaryDirectory: here.documents,
    command: ['ip', 'netns', 'exec', here.name, nft.NFT_PROGRAM],
    async run(command, args, options) {
      const file = args.find((arg) => arg.endsWith('.json'));
      if (file !== undefined) modes.push(((await stat(file)).mode & 0o777).toString(8));
      return run(command, args, options);
    },
  });
  await client.commit(nft.convergence(everything, null));
  t.deepEqual(modes, ['600']);
});

test('no table, a failure to list and the lack of nft are told apart', async (t) => {
  const here = await namespace(t);
  const client = (...command: string[]) =>
    nft.createNft({ run, temporaryDirectory: here.documents, command });
  t.is(await here.nft.list('inet', 'appliance'), null);
  const missing = { instanceOf: nft.NftError, code: 'NFT_MISSING' };
  await t.throwsAsync(client('/nowhere/nft').list('inet', 'appliance'), missing);
  await t.throwsAsync(client('true').list('inet', 'appliance'), { ...missing, message: /is not nftables/ });
  await t.throwsAsync(
    client('ip', 'netns', 'exec', 'aa-nft-none', nft.NFT_PROGRAM).list('inet', 'appliance'),
    missing,
  );
  const unprivileged = client('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', nft.NFT_PROGRAM);
  await t.throwsAsync(unprivileged.list('inet', 'appliance'), {
    instanceOf: nft.NftError,
    code: 'NFT_NOT_PERMITTED',
  });
  const passing = await namespace(t);
  t.is(await passing.nft.list('inet', 'appliance'), null);
  await passing.remove();
  // What is printed then ends with "No such file or directory", and yet says nothing about the table.
  await t.throwsAsync(passing.nft.list('inet', 'appliance'), {
    instanceOf: nft.NftError,
    code: 'NFT_LIST_FAILED',
  });
  t.regex(await here.nft.version(), /^\d+\.\d+/);
});

test('the probe finds that this nft works, and leaves nothing in the namespace it is called from', async (t) => {
  const before = (await run(nft.NFT_PROGRAM, ['list', 'tables'], { timeoutMs: 10_000 })).stdout;
  const capabilities = await nft.probeCapabilities({ run, temporaryDirectory: tmpdir() });
  t.true(capabilities.works, capabilities.detail);
  t.regex(capabilities.version ?? '', /^\d+\.\d+/);
  t.is((await run(nft.NFT_PROGRAM, ['list', 'tables'], { timeoutMs: 10_000 })).stdout, before);
  const without = await nft.probeCapabilities({
    run,
    temporaryDirectory: tmpdir(),
    command: [join(tmpdir(), 'nowhere')],
  });
  t.deepEqual([without.version, without.works], [null, false]);
});
