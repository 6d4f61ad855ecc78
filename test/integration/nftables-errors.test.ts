import { readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as nft from '../../agent/nftables/index.ts';
import { run } from '../../agent/system/processes.ts';
import { needs, testWhen } from '../support/needs.ts';
import { everything, withTarget } from '../unit/nftables/samples.ts';
import { converge, listing, namespace } from './nftables-namespace.ts';

const test = testWhen(needs({ root: true, commands: ['nft', 'ip', 'unshare', 'setpriv'] }));

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
