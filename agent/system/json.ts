/** The value of a text; null for one that is no JSON, as what a former version remembered, or a stranger answered. */
export function jsonOrNull(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
