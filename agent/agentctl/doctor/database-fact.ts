import { access, constants } from 'node:fs/promises';
import { DATABASE_FAULTS } from '../../conditions/database.ts';
import { known, unknown } from '../../conditions/findings.ts';
import type { Facts } from '../../conditions/types.ts';
import type { StatusReading } from '../../control/status-file.ts';
import { describeError, isErrno } from '../../system/errors.ts';

/** The agent holds the database open and knows best; while it does not report, root can look for damage. */
export async function gatherDatabase(
  path: string,
  { status, stale }: StatusReading,
): Promise<Facts['database']> {
  if (status !== null && !stale) {
    for (const { state, condition } of DATABASE_FAULTS) {
      const problem = status.problems.find(({ code }) => code === condition.code);
      if (problem) return known({ state, detail: problem.evidence, hint: problem.next });
    }
    return known({ state: 'ok', detail: '', hint: '' });
  }
  try {
    await access(path, constants.R_OK);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return unknown('there is none yet');
    return unknown(isErrno(error, 'EACCES') ? 'needs root, or a running agent' : describeError(error));
  }
  return inspect(path);
}

/** Reads the whole file; loaded only here, because SQLite is. */
async function inspect(path: string): Promise<Facts['database']> {
  const { connectReadOnly } = await import('../../store/connection.ts');
  const { assertSound } = await import('../../store/integrity.ts');
  const { faultOf } = await import('../../store/faults.ts');
  try {
    const connection = connectReadOnly(path);
    try {
      assertSound(connection);
    } finally {
      connection.close();
    }
    return known({ state: 'ok', detail: '', hint: '' });
  } catch (error) {
    if (faultOf(error) !== 'damaged') return unknown(describeError(error));
    return known({ state: 'damaged', detail: describeError(error), hint: '' });
  }
}
