import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentError, describeError } from '../system/errors.ts';
import { readFileIfPresent, writeFileAtomic } from '../system/files.ts';
import type { Run } from '../system/processes.ts';
import type { Nic } from './machine.ts';
import type { ProfileSettings } from './profile-schema.ts';
import type { SettingStatus } from './settings.ts';

/** Packets that a network interface may hold that wait to be fetched by the kernel, or to be sent. */
export type RingSizes = NonNullable<ProfileSettings['rings']>;

/** The rings of an interface now and at most, or why they are not known. */
export type Rings = { readonly now: RingSizes; readonly most: RingSizes } | { readonly why: string };

/**
 * Where systemd-udevd reads it from (systemd.link(5)): beside the file that is for every interface which no other is for,
 * so that names stay as they are. A ring that is changed while its interface is up takes the link down for seconds.
 */
const DROP_IN = '/etc/systemd/network/99-default.link.d/appliance-agent.conf';

/** Has the rings set at the next boot, or no more with undefined. Resolves to whether that is news. */
export async function keepRings(rings: RingSizes | undefined, root: string): Promise<boolean> {
  const path = join(root, DROP_IN);
  const content = rings === undefined ? null : linkText(rings);
  if ((await readFileIfPresent(path)) === content) return false;
  if (content === null) await rm(path);
  else await writeFileAtomic(path, content, { mode: 0o644 });
  return true;
}

const linkText = ({ rx, tx }: RingSizes) =>
  `# Written by appliance-agent-tune.service, by the hardware profile of this machine.
[Link]
RxBufferSize=${rx}
TxBufferSize=${tx}
`;

/** Asks ethtool(8), which is no package that a Debian has by itself. Bounded in time; never rejects. */
export async function readRings(run: Run, name: string): Promise<Rings> {
  try {
    const { exitCode, stdout } = await run('ethtool', ['-g', name], { timeoutMs: 5_000 });
    const [most, now] = stdout.split('Current hardware settings:').map(sizesIn);
    if (exitCode !== 0 || !most || !now) return { why: 'this interface has no rings that can be set' };
    return { now, most };
  } catch (error) {
    const missing = error instanceof AgentError && error.code === 'PROCESS_NOT_STARTED';
    return {
      why: missing ? 'ethtool is not installed: `sudo apt-get install ethtool`' : describeError(error),
    };
  }
}

function sizesIn(text: string): RingSizes | null {
  const [rx, tx] = [/^RX:\s+(\d+)$/m, /^TX:\s+(\d+)$/m].map((pattern) => pattern.exec(text)?.[1]);
  return rx === undefined || tx === undefined ? null : { rx: Number(rx), tx: Number(tx) };
}

/**
 * How the rings of each interface stand. A ring that is larger already stays, and one that cannot be as large is as large
 * as it can be. `set`: whether this boot began with the setting in place, or got it since; null when nobody set it.
 */
export function judgeRings(
  wanted: RingSizes | undefined,
  nics: readonly Nic[],
  seen: ReadonlyMap<string, Rings>,
  set: 'before' | 'since' | null,
): SettingStatus[] {
  if (wanted === undefined) return [];
  return nics.map(({ name: nic }) => {
    const status = { name: `rings of ${nic}`, want: inWords(wanted) };
    const rings = seen.get(nic) ?? { why: 'they were not read' };
    if ('why' in rings) return { ...status, seen: null, state: 'unsupported', detail: rings.why };
    const { now, most } = rings;
    const found = { ...status, seen: inWords(now) };
    const enough = now.rx >= Math.min(wanted.rx, most.rx) && now.tx >= Math.min(wanted.tx, most.tx);
    if (enough) return { ...found, state: 'applied', detail: '' };
    return { ...found, ...UNSET[set ?? 'never'] };
  });
}

const UNSET = {
  never: { state: 'drifted', detail: 'nobody has set it yet' },
  since: { state: 'pending', detail: 'it is in force from the next boot' },
  before: {
    state: 'unsupported',
    detail:
      'it was not set when the machine started: another .link file is for this interface, its driver refused, or ' +
      'somebody changed it since',
  },
} as const;

const inWords = ({ rx, tx }: RingSizes) => `rx ${rx}, tx ${tx}`;
