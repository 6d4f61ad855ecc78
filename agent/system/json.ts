/** A remembered value; null for one that cannot be read, as of a former version: such only spare work. */
export function jsonOrNull(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
