import * as z from 'zod';

const event = z.record(
  z.string(),
  z.record(
    z.string(),
    z.looseObject({
      family: z.string().optional(),
      table: z.string().optional(),
      chain: z.string().optional(),
      name: z.string().optional(),
    }),
  ),
);

/** The chains outside our table that decide over our packets and that the agent looks after. */
const FORWARDING = ['DOCKER-USER', 'FORWARD'];

/**
 * Whether a line of `nft -j monitor` tells of a change that the agent has to look at: in its own table, or in the
 * chains that let its flows through. A line that cannot be read may be one of them.
 */
export function concernsUs(line: string): boolean {
  const parsed = event.safeParse(jsonOrNull(line));
  if (!parsed.success) return true;
  return Object.values(parsed.data).some((objects) =>
    Object.entries(objects).some(([kind, { family, table, chain, name }]) => {
      const inTable = kind === 'table' ? name : table;
      const inChain = kind === 'chain' ? name : chain;
      if (family === 'inet' && inTable === 'appliance') return true;
      return inTable === 'filter' && (kind === 'table' || FORWARDING.includes(inChain ?? ''));
    }),
  );
}

function jsonOrNull(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
