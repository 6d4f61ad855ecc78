import type { Ballast } from '../../system/ballast.ts';
import { describeError, isErrno } from '../../system/errors.ts';
import { known, unknown } from '../findings.ts';
import type { Facts } from '../types.ts';

/** What is set aside for a full disk; it is below a folder of root. */
export async function gatherBallast({ size }: Pick<Ballast, 'size'>): Promise<Facts['ballast']> {
  try {
    return known(await size());
  } catch (error) {
    return unknown(isErrno(error, 'EACCES') ? 'needs root' : describeError(error));
  }
}
