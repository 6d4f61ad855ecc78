/** The values of promises by their names; what is slow in one holds up none of the others. */
export async function allOf<T extends object>(
  promises: {
    readonly [Name in keyof T]: Promise<T[Name]>;
  },
): Promise<T> {
  const named = Object.entries<Promise<unknown>>(promises).map(async ([name, value]) => [name, await value]);
  return Object.fromEntries(await Promise.all(named)) as T;
}
