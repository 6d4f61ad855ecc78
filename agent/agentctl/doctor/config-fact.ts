import { known, unknown } from '../../conditions/findings.ts';
import type { Facts } from '../../conditions/types.ts';
import { formatConfigProblems } from '../../config/problems.ts';
import { readConfig } from '../../config/read-config.ts';
import { describeError, isErrno } from '../../system/errors.ts';

/** Whether the configuration file would be accepted. */
export async function gatherConfig(path: string): Promise<Facts['config']> {
  try {
    const parsed = await readConfig(path);
    if (parsed.ok) return known({ accepted: true, error: '', hint: '' });
    return known({ accepted: false, error: formatConfigProblems(parsed.problems, path), hint: '' });
  } catch (error) {
    return unknown(isErrno(error, 'EACCES') ? 'needs root' : describeError(error));
  }
}
