import { known, unknown } from '../../conditions/findings.ts';
import type { Facts } from '../../conditions/types.ts';
import type { StatusReading } from '../../control/status-file.ts';
import { describeError } from '../../system/errors.ts';
import type { Run } from '../../system/processes.ts';

/** Absolute: users without root do not have /usr/sbin on their PATH. */
const NFT = '/usr/sbin/nft';

/**
 * The firewall table: the agent compares it, all of it, with what it should be; root can see here and now at least
 * whether it is there. A table that is there says little while no agent compares it.
 */
export async function gatherTable(
  run: Run,
  asRoot: boolean,
  { status, stale }: StatusReading,
): Promise<Facts['table']> {
  const present = asRoot ? await isTablePresent(run) : unknown('needs root, or a running agent');
  if (present.known && !present.value) {
    return known({ state: 'failed', differences: ['nft lists no table inet appliance'] });
  }
  if (status !== null && !stale) {
    const drift = status.problems.find(({ code }) => code === 'TABLE_DRIFTED');
    return known({ state: status.firewall.state, differences: drift === undefined ? [] : [drift.evidence] });
  }
  if (!present.known) return present;
  return unknown('the table is there; only a running agent can tell whether it is as it should be');
}

async function isTablePresent(
  run: Run,
): Promise<{ known: true; value: boolean } | { known: false; why: string }> {
  try {
    const result = await run(NFT, ['-j', 'list', 'table', 'inet', 'appliance'], { timeoutMs: 10_000 });
    if (result.exitCode === 0) return known(true);
    if (result.stderr.includes('No such file or directory')) return known(false);
    return unknown(`nft exited ${result.exitCode}: ${result.stderr.trim().slice(0, 300)}`);
  } catch (error) {
    return unknown(describeError(error));
  }
}
