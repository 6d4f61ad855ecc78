import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import * as nft from '../../../agent/nftables/index.ts';
import { everything } from './samples.ts';

const VERSION = 'nftables v1.0.6 (Lester Gooch #5)\n';
const exited = (exitCode: number | null, stdout = '', stderr = ''): nft.ProcessResult => ({
  exitCode,
  stdout,
  stderr,
});

/** A client whose nft answers from a table of what is asked for; it is given the arguments without the prefix. */
function scripted(t: ExecutionContext, answer: (args: readonly string[]) => nft.ProcessResult) {
  const temporaryDirectory = mkdtempSync(join(tmpdir(), 'aa-nft-unit-'));
  t.teardown(() => rmSync(temporaryDirectory, { recursive: true }));
  const calls: string[] = [];
  const client = nft.createNft({
    temporaryDirectory,
    command: ['prefix', 'nft'],
    timeoutMs: 1234,
    async run(command, args, options) {
      t.is(options.timeoutMs, 1234);
      calls.push([command, ...args].join(' ').replace(temporaryDirectory, 'DIR'));
      return args[1] === '--version' ? exited(0, VERSION) : answer(args.slice(1));
    },
  });
  return { client, calls, temporaryDirectory };
}

const tables = (...names: string[]) =>
  JSON.stringify({
    nftables: [{ metainfo: {} }, ...names.map((name) => ({ table: { family: 'inet', name } }))],
  });

const rejection = async (t: ExecutionContext, promise: Promise<unknown>, code: nft.NftErrorCode) => {
  const error = await t.throwsAsync(promise, { instanceOf: nft.NftError, code });
  t.truthy(error?.hint);
  return error;
};

test('a transaction reaches nft as a document in a file that is gone afterwards', async (t) => {
  const seen: unknown[] = [];
  const { client, calls, temporaryDirectory } = scripted(t, (args) => {
    seen.push(JSON.parse(readFileSync(args.at(-1) ?? '', 'utf8')));
    return exited(0);
  });
  const transaction = nft.convergence(everything, null);
  await client.commit(transaction);
  await client.check(transaction);
  t.deepEqual(seen, [nft.toDocument(transaction), nft.toDocument(transaction)]);
  t.is(calls.length, 3, 'the version is asked for once');
  t.regex(calls[1] ?? '', /^prefix nft -j -f DIR\/nft-[0-9a-f]{16}\.json$/);
  t.regex(calls[2] ?? '', /^prefix nft -c -j -f DIR\//);
  t.deepEqual(readdirSync(temporaryDirectory), []);
});

test('an empty transaction runs nothing', async (t) => {
  const { client, calls } = scripted(t, () => exited(1));
  await client.commit({ family: 'inet', table: 'appliance', operations: [] });
  t.deepEqual(calls, []);
});

test('a refusal carries the words of nft and the document, and the file is gone as well', async (t) => {
  const { client, temporaryDirectory } = scripted(t, () =>
    exited(1, '', 'internal:0:0-0: Error: Could not process rule: File exists\n\n'),
  );
  const error = await rejection(t, client.commit(nft.removal('inet', 'x')), 'NFT_COMMIT_FAILED');
  t.is(error?.message, 'nft refused a change of table inet x: Error: Could not process rule: File exists');
  t.is(error?.nftOutput, 'Error: Could not process rule: File exists');
  t.deepEqual(error?.transaction, nft.toDocument(nft.removal('inet', 'x')));
  t.deepEqual(readdirSync(temporaryDirectory), []);
});

test('when a signal ended nft, nobody claims that nothing was changed', async (t) => {
  const { client } = scripted(t, () => exited(null));
  const error = await rejection(t, client.commit(nft.removal('inet', 'x')), 'NFT_COMMIT_FAILED');
  t.regex(error?.message ?? '', /ended by a signal/);
  t.regex(error?.hint ?? '', /List the table/);
});

test('a table that is not among the tables is null', async (t) => {
  const { client } = scripted(t, (args) =>
    args.includes('tables') ? exited(0, tables('other')) : exited(1, '', 'Error: No such file or directory'),
  );
  t.is(await client.list('inet', 'appliance'), null);
});

test('a table that is there and cannot be listed is a failure, also when the words are the same', async (t) => {
  const words = 'Error: No such file or directory';
  const { client } = scripted(t, (args) =>
    args.includes('tables') ? exited(0, tables('other', 'appliance')) : exited(1, '', words),
  );
  const error = await rejection(t, client.list('inet', 'appliance'), 'NFT_LIST_FAILED');
  t.is(error?.nftOutput, words);
});

test('when not even the tables can be listed, it is a failure', async (t) => {
  const { client } = scripted(t, () =>
    exited(1, '', 'Cannot open network namespace "x": No such file or directory'),
  );
  await rejection(t, client.list('inet', 'appliance'), 'NFT_LIST_FAILED');
});

test('output that is no JSON is unreadable, not an empty table', async (t) => {
  const { client } = scripted(t, () => exited(0, 'table inet appliance {\n}\n'));
  await rejection(t, client.list('inet', 'appliance'), 'NFT_LISTING_UNREADABLE');
});

test('the lack of permission is told as such', async (t) => {
  const { client } = scripted(t, () => exited(1, '', 'Operation not permitted (you must be root)\n'));
  const error = await rejection(t, client.list('inet', 'appliance'), 'NFT_NOT_PERMITTED');
  t.regex(error?.hint ?? '', /root/);
});

const failing = (error: unknown) =>
  nft.createNft({ temporaryDirectory: tmpdir(), run: () => Promise.reject(error) }).list('inet', 'appliance');

test('a program that is not there is told, however deep the reason is', async (t) => {
  const enoent = Object.assign(new Error('spawn nft ENOENT'), { code: 'ENOENT' });
  await rejection(t, failing(enoent), 'NFT_MISSING');
  await rejection(t, failing(new Error('could not be started', { cause: enoent })), 'NFT_MISSING');
});

test('a program that does not end in time is another thing, with its cause', async (t) => {
  const timeout = new Error('did not finish within 10000 ms');
  const error = await rejection(t, failing(timeout), 'NFT_NOT_RUN');
  t.is(error?.cause, timeout);
});

test('a program of the same name that is not nftables is never believed, though it exits 0', async (t) => {
  const calls: string[] = [];
  const client = nft.createNft({
    temporaryDirectory: tmpdir(),
    async run(_command, args) {
      calls.push(args.join(' '));
      return exited(0);
    },
  });
  await rejection(t, client.commit(nft.removal('inet', 'x')), 'NFT_MISSING');
  await rejection(t, client.list('inet', 'x'), 'NFT_MISSING');
  t.deepEqual(calls, ['--version', '--version']);
});

test('a folder that is not there is told, with its path', async (t) => {
  const temporaryDirectory = join(tmpdir(), 'aa-nft-unit-nowhere');
  t.false(existsSync(temporaryDirectory));
  const client = nft.createNft({ temporaryDirectory, run: async () => exited(0, VERSION) });
  const error = await rejection(t, client.commit(nft.removal('inet', 'x')), 'NFT_TEMPORARY_FILE');
  t.regex(error?.message ?? '', /aa-nft-unit-nowhere/);
});

test('the version is that of nft', async (t) => {
  const { client } = scripted(t, () => exited(1));
  t.is(await client.version(), '1.0.6');
});
