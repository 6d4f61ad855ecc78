/**
 * A pure function that remembers its last result: asked again with an equal argument (as JSON) it returns the same
 * object. For what is worked out each round and changes once in months.
 */
export function remember<Input, Result>(work: (input: Input) => Result): (input: Input) => Result {
  let last: { readonly key: string; readonly result: Result } | null = null;
  return (input) => {
    const key = JSON.stringify(input);
    if (last?.key !== key) last = { key, result: work(input) };
    return last.result;
  };
}
