import { describeError } from '../system/errors.ts';
import type { Seen } from './types.ts';

/** What a look resolves to, or why it saw nothing. */
export async function seen<T>(look: Promise<T>): Promise<Seen<T>> {
  try {
    return { ok: true, value: await look };
  } catch (error) {
    return { ok: false, why: describeError(error) };
  }
}
