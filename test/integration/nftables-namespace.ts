import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import * as nft from '../../agent/nftables/index.ts';
import { type RunResult, run, runOk } from '../../agent/system/processes.ts';

/** A network namespace of its own for one test. */
export interface Namespace {
  readonly name: string;
  readonly nft: nft.Nft;
  /** Where the documents for nft are written. */
  readonly documents: string;
  /** Runs a program in the namespace. */
  inside(command: string, ...args: string[]): Promise<RunResult>;
  /** What somebody else does with the nft command: a script in its text syntax, which must succeed. */
  byHand(script: string): Promise<void>;
  /** Removes the namespace now; it is else removed after the test. */
  remove(): Promise<void>;
  /** The ruleset in text syntax, without how long elements with a timeout have left. */
  ruleset(): Promise<string>;
}

const TIME_LIMIT = { timeoutMs: 20_000 };

/** Makes a namespace with its loopback up, and removes it after the test. */
export async function namespace(t: ExecutionContext): Promise<Namespace> {
  const name = `aa-nft-${randomBytes(4).toString('hex')}`;
  const documents = await mkdtemp(join(tmpdir(), 'aa-nft-'));
  const prefix = ['netns', 'exec', name];
  const must = (command: string, ...args: string[]) =>
    runOk(run, command, args, { ...TIME_LIMIT, code: 'TEST_SETUP', hint: 'See what it printed.' });
  let present = true;
  const remove = async () => {
    if (present) await must('ip', 'netns', 'delete', name);
    present = false;
    await rm(documents, { recursive: true, force: true });
  };
  t.teardown(remove);
  await must('ip', 'netns', 'add', name);
  await must('ip', '-n', name, 'link', 'set', 'lo', 'up');
  return {
    name,
    documents,
    nft: nft.createNft({ run, temporaryDirectory: documents, command: ['ip', ...prefix, nft.NFT_PROGRAM] }),
    inside: (command, ...args) => run('ip', [...prefix, command, ...args], TIME_LIMIT),
    async byHand(script) {
      const file = join(documents, 'by-hand.nft');
      await writeFile(file, script);
      await must('ip', ...prefix, nft.NFT_PROGRAM, '-f', file);
      await rm(file);
    },
    remove,
    ruleset: async () =>
      (await must('ip', ...prefix, nft.NFT_PROGRAM, 'list', 'ruleset')).stdout.replaceAll(
        / expires \w+/g,
        '',
      ),
  };
}

/** Brings the namespace's table to the spec; returns what was done. */
export async function converge(here: Namespace, spec: nft.TableSpec): Promise<nft.Transaction> {
  const transaction = nft.convergence(spec, await here.nft.list(spec.family, spec.name));
  await here.nft.commit(transaction);
  return transaction;
}

/** The table `inet appliance` as listed; throws when there is none. */
export async function listing(here: Namespace): Promise<nft.ListedTable> {
  const listed = await here.nft.list('inet', 'appliance');
  if (listed === null) throw new Error('there is no table inet appliance');
  return listed;
}
