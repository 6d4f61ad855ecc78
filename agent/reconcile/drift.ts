import type { FirewallStatus } from '../control/status.ts';
import { differences, type ListedTable, sameMeaning } from '../nftables/index.ts';
import type { TableSpec } from '../nftables/objects.ts';
import type { Desired, History, Observed } from './types.ts';

/** What somebody else changed in our table since we applied it. */
export function driftSince(applied: History['applied'], listed: ListedTable | null): readonly string[] {
  if (applied === null || (listed !== null && sameMeaning(listed, applied.listing))) return [];
  const found = differences(applied.spec, listed);
  return found.length > 0 ? found : ['a rule was replaced by another with the same comment'];
}

/** `differences`, but for a listing that was compared with an equal table before, and agreed: a listing is kept for a while. */
export function differencesNow(
  converged: History['converged'],
  spec: TableSpec,
  listed: ListedTable | null,
): readonly string[] {
  const isKnown =
    converged !== null &&
    converged.listing === listed &&
    (converged.spec === spec || JSON.stringify(converged.spec) === JSON.stringify(spec));
  return isKnown ? [] : differences(spec, listed);
}

/** Whether the table is as it should be, whoever made the difference. */
export function tableFact(
  table: Observed['table'],
  desired: Desired,
  history: History,
): Pick<FirewallStatus, 'state' | 'differences'> {
  if (!table.ok) return { state: 'failed', differences: [table.why] };
  const wanted = differencesNow(history.converged, desired.table, table.value);
  const found = wanted.length > 0 ? wanted : driftSince(history.applied, table.value);
  if (found.length === 0) return { state: 'in-sync', differences: [] };
  const applyFailed = (history.attempts.get('apply-table') ?? []).length > 0;
  return { state: applyFailed ? 'failed' : 'drifted', differences: found };
}
