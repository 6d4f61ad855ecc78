import { creation, type SetSpec, type TableSpec, toDocument } from '../nftables/index.ts';
import { describeError } from '../system/errors.ts';
import { readFileIfPresent, writeFileAtomic } from '../system/files.ts';

/** Sets of what is behind the published ports, beside the maps that lead there. */
const BACKENDS = /^backends/;

/**
 * The table while no container runs: every published port is known, and none leads anywhere. A perimeter that is on
 * trial closes nothing in it: its clock has run out.
 */
export function closedTable(table: TableSpec): TableSpec {
  return {
    ...table,
    maps: table.maps.map((map) => ({ ...map, elements: [] })),
    sets: table.sets.map((set) => (isOfTheMoment(set) ? { ...set, elements: [] } : set)),
  };
}

const isOfTheMoment = ({ name, expireSeconds }: SetSpec) =>
  expireSeconds !== undefined || BACKENDS.test(name);

/** The rules that appliance-agent-firewall.service loads at boot. */
export interface BaseRules {
  /**
   * Keeps the closed form of a table that nft has taken, as a document for `nft -j -f`. Writes only what changed.
   * Resolves to why it could not, once for each reason; null else, and for null.
   */
  keep(applied: TableSpec | null): Promise<string | null>;
}

export function createBaseRules(path: string): BaseRules {
  let seen: TableSpec | null = null;
  let told: string | null = null;
  return {
    async keep(applied) {
      if (applied === null || applied === seen) return null;
      try {
        const text = `${JSON.stringify(toDocument(creation(closedTable(applied))))}\n`;
        if ((await readFileIfPresent(path)) !== text) await writeFileAtomic(path, text, { mode: 0o600 });
        seen = applied;
        told = null;
        return null;
      } catch (error) {
        // A full disk: the next round tries again.
        const reason = `${path}: ${describeError(error)}`;
        const isNews = reason !== told;
        told = reason;
        return isNews ? reason : null;
      }
    },
  };
}
