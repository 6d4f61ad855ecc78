import { NftError } from './errors.ts';
import type { NftDocument } from './transaction.ts';

export interface ProcessResult {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end: resolves for any exit code, rejects when it cannot start or does not finish in time. */
export type RunProcess = (
  command: string,
  args: readonly string[],
  options: { readonly timeoutMs: number },
) => Promise<ProcessResult>;

/**
 * Where Debian has nft. Not looked up on PATH: npm puts node_modules/.bin first there, and the npm package
 * @vercel/nft (a dependency of ava) has a program `nft` that exits 0 whatever it is asked.
 */
export const NFT_PROGRAM = '/usr/sbin/nft';

/** How nft is run. */
export interface NftProcess {
  readonly run: RunProcess;
  /** Program and first arguments, e.g. `['ip', 'netns', 'exec', NAME, NFT_PROGRAM]`. */
  readonly command: readonly string[];
  readonly timeoutMs: number;
}

/** Runs nft with these arguments. Errors: NFT_MISSING, NFT_NOT_RUN, NFT_NOT_PERMITTED; any other exit is returned. */
export async function runNft(
  nft: NftProcess,
  args: readonly string[],
  document?: NftDocument,
): Promise<ProcessResult> {
  const [program = NFT_PROGRAM, ...prefix] = nft.command;
  const result = await start(nft, program, [...prefix, ...args], document);
  if (result.exitCode === 0 || !result.stderr.includes('Operation not permitted')) return result;
  throw new NftError({
    code: 'NFT_NOT_PERMITTED',
    message: `${program} may not touch the rules of this network namespace: ${outputOf(result)}`,
    hint: 'Run it as root (CAP_NET_ADMIN). As root: the table may be owned by another program, see `nft list tables`.',
    nftOutput: outputOf(result),
    ...(document === undefined ? {} : { transaction: document }),
  });
}

/** What a process printed for people. */
export function outputOf({ stdout, stderr }: ProcessResult): string {
  return (stderr.trim() || stdout.trim()).replaceAll('internal:0:0-0: ', '').slice(0, 4000);
}

async function start(
  nft: NftProcess,
  program: string,
  args: readonly string[],
  document: NftDocument | undefined,
): Promise<ProcessResult> {
  try {
    return await nft.run(program, args, { timeoutMs: nft.timeoutMs });
  } catch (cause) {
    const transaction = document === undefined ? {} : { transaction: document };
    if (hasCode(cause, 'ENOENT')) {
      throw new NftError({
        code: 'NFT_MISSING',
        message: `${program} is not installed`,
        hint: 'Install the package nftables.',
        ...transaction,
        cause,
      });
    }
    throw new NftError({
      code: 'NFT_NOT_RUN',
      message: `${program} did not run to its end`,
      hint: 'The machine may be overloaded; see the cause. List the table before the next change: it may have been applied.',
      ...transaction,
      cause,
    });
  }
}

function hasCode(error: unknown, code: string): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && error.code === code) || hasCode(error.cause, code);
}
