import * as z from 'zod';

/** What is wrong with a value, and what would be right. `path` leads to the part of the value that is meant. */
export interface ValueProblem {
  readonly path?: readonly (string | number)[];
  readonly message: string;
  readonly expected: string;
}

/** A value that was checked and understood, or what is wrong with it. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly ValueProblem[] };

export const valid = <T>(value: T): Checked<T> => ({ ok: true, value });

export const invalid = (message: string, expected: string): Checked<never> => ({
  ok: false,
  problems: [{ message, expected }],
});

/** A list: each item is judged by itself and beside those accepted before it, and every problem is told. */
export function checkEach<T>(
  items: readonly unknown[],
  check: (item: unknown, earlier: readonly T[]) => Checked<T>,
): Checked<readonly T[]> {
  const problems: ValueProblem[] = [];
  const accepted: T[] = [];
  for (const [index, item] of items.entries()) {
    const checked = check(item, accepted);
    if (checked.ok) accepted.push(checked.value);
    else problems.push(...checked.problems.map((problem) => ({ ...problem, path: [index] })));
  }
  return problems.length === 0 ? valid(accepted) : { ok: false, problems };
}

const NO_VALUE = invalid('it has no value', 'give it one, or remove the line to use the default');

/** A setting as a zod type. zod keeps the structure; the check knows the words for what is wrong. */
export function setting<T>(check: (value: unknown) => Checked<T>) {
  return z.unknown().transform((value, context): T => {
    const checked = value === null ? NO_VALUE : check(value);
    if (checked.ok) return checked.value;
    for (const { path, message, expected } of checked.problems) {
      context.addIssue({
        code: 'custom',
        message,
        params: { expected },
        path: [...(path ?? [])],
        input: value,
      });
    }
    return z.NEVER;
  });
}

/** A value as it may be named in a message: `the number 7`, `a list`, `nothing`. Long text is cut. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a section';
  if (typeof value === 'number') return `the number ${value}`;
  if (typeof value === 'string') return `"${shorten(value)}"`;
  return String(value);
}

/** The beginning of a text, on one line, for a message. */
export function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length <= 60 ? line : `${line.slice(0, 60)}…`;
}
