import { createNft, type NftOptions } from './client.ts';
import { convergence } from './convergence.ts';
import { differences } from './differences.ts';
import { withDocumentFile } from './document-file.ts';
import { NftError } from './errors.ts';
import { parseListing } from './listed.ts';
import type { TableSpec } from './objects.ts';
import { NFT_PROGRAM, outputOf } from './process.ts';
import * as s from './statements.ts';
import { toDocument } from './transaction.ts';

/** What the nft and the kernel of this machine can do. */
export interface Capabilities {
  /** Null when there is no nft. */
  readonly version: string | null;
  /** Whether the table that was tried came back as it was given; null when it could not be tried. */
  readonly works: boolean | null;
  /** What was seen. */
  readonly detail: string;
}

/**
 * Tries a small table of everything that this library writes in a network namespace that ends with the trial, and
 * lists it back: behaviour, not version numbers. Needs root; changes nothing on the machine. Rejects as `run` does when
 * the trial cannot be started or does not end.
 */
export async function probeCapabilities(options: Omit<NftOptions, 'timeoutMs'>): Promise<Capabilities> {
  const timeoutMs = 10_000;
  try {
    const version = await createNft({ ...options, timeoutMs }).version();
    return { version, ...(await trial(options, timeoutMs)) };
  } catch (error) {
    if (!(error instanceof NftError) || error.code !== 'NFT_MISSING') throw error;
    return { version: null, works: false, detail: error.message };
  }
}

const TRIAL = 'document=$1 table=$2; shift 2; "$@" -j -f "$document" && "$@" -j list table inet "$table"';

async function trial(
  { run, temporaryDirectory, command = [NFT_PROGRAM] }: Omit<NftOptions, 'timeoutMs'>,
  timeoutMs: number,
): Promise<Omit<Capabilities, 'version'>> {
  const result = await withDocumentFile(temporaryDirectory, toDocument(convergence(SAMPLE, null)), (path) =>
    run('unshare', ['--net', '--', 'sh', '-c', TRIAL, 'sh', path, SAMPLE.name, ...command], { timeoutMs }),
  );
  const words = outputOf(result);
  if (words.startsWith('unshare:'))
    return { works: null, detail: `no network namespace to try in: ${words}` };
  if (result.exitCode !== 0)
    return { works: false, detail: words || `nft ended with ${result.exitCode ?? 'a signal'}` };
  const deviations = differences(SAMPLE, parseListing(JSON.parse(result.stdout)));
  if (deviations.length > 0) return { works: false, detail: deviations.join('; ') };
  return { works: true, detail: 'a sample table was applied and listed back' };
}

const SAMPLE: TableSpec = {
  family: 'inet',
  name: 'capabilities',
  counters: ['seen'],
  sets: [{ name: 'ports', type: ['inet_proto', 'inet_service'], elements: [['udp', 7882]] }],
  maps: [
    {
      name: 'targets',
      type: ['inet_proto', 'inet_service'],
      map: 'ipv4_addr',
      elements: [{ key: ['udp', 7882], value: '192.0.2.1' }],
    },
  ],
  chains: [
    {
      name: 'translate',
      base: { type: 'nat', hook: 'prerouting', priority: -110, policy: 'accept' },
      rules: [
        {
          id: 'translate',
          statements: [
            s.equal(s.daddrType, 'local'),
            s.dnat('ip', { map: { key: s.concat(s.l4proto, s.dport), data: '@targets' } }),
          ],
        },
      ],
    },
    {
      name: 'marks',
      base: { type: 'filter', hook: 'forward', priority: -10, policy: 'accept' },
      rules: [
        {
          id: 'mark',
          statements: [
            s.contains(s.ctStatus, 'dnat'),
            s.contains(s.concat(s.l4proto, s.dport), '@ports'),
            s.count('seen'),
            s.setMark(s.ctMark, 1),
            s.setMark(s.metaMark, { '|': [s.metaMark, 0x200000] }),
          ],
        },
      ],
    },
  ],
};
