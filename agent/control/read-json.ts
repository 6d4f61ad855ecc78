import type * as z from 'zod/mini';
import { describeError, isErrno } from '../system/errors.ts';
import { readFileIfPresent } from '../system/files.ts';

/** A JSON file as it was found. A reader of another process's file must expect each of these. */
export type JsonFile<T> =
  | { readonly state: 'valid'; readonly value: T }
  | { readonly state: 'absent' | 'not-readable' | 'not-valid'; readonly detail: string };

/** Reads and checks a JSON file; does not throw. */
export async function readJsonFile<T>(path: string, schema: z.ZodMiniType<T>): Promise<JsonFile<T>> {
  let text: string | null;
  try {
    text = await readFileIfPresent(path);
  } catch (error) {
    // A component of the path that is a file, not a folder: what should be below it is not there.
    const state = isErrno(error, 'ENOTDIR') ? 'absent' : 'not-readable';
    return { state, detail: describeError(error) };
  }
  if (text === null) return { state: 'absent', detail: `there is no ${path}` };
  const refused = (why: string) => ({ state: 'not-valid' as const, detail: `${path} is not valid: ${why}` });
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    return refused(describeError(error));
  }
  const checked = schema.safeParse(content);
  if (checked.success) return { state: 'valid', value: checked.data };
  const [first] = checked.error.issues;
  return refused(`${first?.path.join('.') || 'its content'} is not what it should be`);
}
