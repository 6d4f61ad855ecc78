import type { Suite } from './debian-root.ts';
import type { Needs } from './requirements.ts';

/** A group of test files that are run alike. */
export interface Tier {
  readonly name: string;
  /** Glob of its files, relative to the project's folder. */
  readonly files: string;
  /** Files of another tier that run in this one as well, a glob too. */
  readonly again?: string;
  /** The Debian whose programs they run on; default: this machine. */
  readonly debian?: Suite;
  readonly needs: Needs;
  /**
   * How many of its files run beside each other: 1 for those that need the whole machine. Default: as many as there are
   * cores. (The tests of a file run one after the other, by test/support/needs.ts.)
   */
  readonly lanes?: number;
  /** Without a test that ends for this long, the run is given up. */
  readonly silenceMs: number;
  /** The whole tier is ended after this time. */
  readonly limitMs: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** Every glob of its files. */
export const filesOf = ({ files, again }: Tier): readonly string[] =>
  again === undefined ? [files] : [files, again];

/** In the order in which they run. Together they stay below what .ci/run allows. */
export const TIERS: readonly Tier[] = [
  {
    name: 'unit',
    files: 'test/unit/**/*.test.ts',
    needs: {},
    silenceMs: 60 * SECOND,
    limitMs: 8 * MINUTE,
  },
  {
    name: 'integration',
    // They wait most of the time, each on a throw-away machine of its own.
    lanes: 2,
    files: 'test/integration/*.test.ts',
    needs: {
      root: true,
      commands: ['dockerd', 'nft', 'iptables', 'conntrack', 'ip', 'nsenter', 'turnutils_uclient'],
    },
    silenceMs: 3 * MINUTE,
    limitMs: 18 * MINUTE,
  },
  {
    name: 'integration-trixie',
    files: 'test/integration-trixie/*.test.ts',
    // What others write, and how, is sampled by this tier's own files: CI has a budget.
    again:
      'test/integration/{boot-rules,calls,converges,data-plane,drift,egress,engine,healing,nftables,nftables-drift,' +
      'nftables-errors,nftables-traffic,relay,robustness}.test.ts',
    debian: 'trixie',
    needs: { root: true, commands: ['mmdebstrap', 'unshare'] },
    lanes: 2,
    silenceMs: 3 * MINUTE,
    limitMs: 9 * MINUTE,
  },
  {
    name: 'install',
    files: 'test/install/*.test.ts',
    needs: { root: true, commands: ['mmdebstrap', 'systemd-nspawn', 'nsenter'] },
    lanes: 1,
    silenceMs: 10 * MINUTE,
    limitMs: 21 * MINUTE,
  },
  {
    name: 'machine',
    files: 'test/machine/*.test.ts',
    needs: { root: true, commands: ['mmdebstrap', 'mke2fs', 'unshare'] },
    lanes: 1,
    silenceMs: 10 * MINUTE,
    limitMs: 25 * MINUTE,
  },
];
