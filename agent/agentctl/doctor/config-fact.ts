import { known, unknown } from '../../conditions/findings.ts';
import type { Facts } from '../../conditions/types.ts';
import { parseConfig } from '../../config/parse-config.ts';
import { formatConfigProblems } from '../../config/problems.ts';
import { describeError, isErrno } from '../../system/errors.ts';
import { readFileIfPresent } from '../../system/files.ts';

/** Whether the configuration file would be accepted. None is as good as an empty one: it lacks what is needed. */
export async function gatherConfig(path: string): Promise<Facts['config']> {
  try {
    const text = await readFileIfPresent(path);
    const parsed = parseConfig(text ?? '', path);
    if (parsed.ok) return known({ accepted: true, error: '', hint: '' });
    return known({ accepted: false, error: formatConfigProblems(parsed.problems, path), hint: '' });
  } catch (error) {
    return unknown(isErrno(error, 'EACCES') ? 'needs root' : describeError(error));
  }
}
