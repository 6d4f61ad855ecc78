import type { BudgetChanges } from '../probes/budgets.ts';
import type { FirmwareExpectations, MatchRule, ProfileFile, ProfileSettings } from './profile-schema.ts';

/** A profile with what it inherits. */
export interface Profile {
  readonly name: string;
  readonly description: string;
  /** `override`: from /etc/appliance-agent/profiles.d. */
  readonly origin: 'shipped' | 'override';
  /** The profiles that it extends, nearest first. */
  readonly ancestors: readonly string[];
  /** Null: it is only there to be extended. */
  readonly match: MatchRule | null;
  readonly settings: ProfileSettings;
  readonly firmware: FirmwareExpectations;
  /** What it says of the budgets of probes. */
  readonly probes: BudgetChanges;
  /** Degrees Celsius from which the machine is slowed down; null: not known. */
  readonly temperature: { readonly high: number } | null;
}

export interface SourcedProfile {
  readonly origin: Profile['origin'];
  readonly file: ProfileFile;
}

/** Profiles that can be used, and why others cannot, a sentence each. */
export interface ResolvedProfiles {
  readonly profiles: readonly Profile[];
  readonly refused: readonly string[];
}

/**
 * Fills in what profiles inherit. What is matched is not inherited, settings are, key by key. An override takes the
 * place of a shipped profile of its name, and may extend that.
 */
export function resolveProfiles(files: readonly SourcedProfile[]): ResolvedProfiles {
  const byOrigin = (origin: Profile['origin']) =>
    new Map(files.filter((source) => source.origin === origin).map((source) => [source.file.name, source]));
  const shipped = byOrigin('shipped');
  const inForce = new Map([...shipped, ...byOrigin('override')]);
  const refused: string[] = [];

  /** From the profile to the root of what it extends; a text when that cannot be followed. */
  function lineOf(source: SourcedProfile): readonly SourcedProfile[] | string {
    const line = [source];
    for (let at = source; at.file.extends !== undefined; ) {
      const parent = at.file.extends;
      const next = parent === at.file.name ? shipped.get(parent) : inForce.get(parent);
      if (next === undefined) return `${source.file.name}: there is no profile ${parent} to extend`;
      if (line.includes(next)) return [...line, next].map(({ file }) => file.name).join(' extends ');
      line.push(next);
      at = next;
    }
    return line;
  }

  const profiles = [...inForce.values()].flatMap((source): Profile[] => {
    const line = lineOf(source);
    if (typeof line === 'string') {
      refused.push(line);
      return [];
    }
    const { name, description, match } = source.file;
    return [
      {
        name,
        description,
        origin: source.origin,
        ancestors: line.slice(1).map(({ file }) => file.name),
        match: match ?? null,
        settings: inherit(line.map(({ file }) => file.settings ?? {})),
        firmware: Object.assign({}, ...line.toReversed().map(({ file }) => file.firmware)),
        probes: Object.assign({}, ...line.toReversed().map(({ file }) => file.probes)),
        temperature: line.find(({ file }) => file.temperature)?.file.temperature ?? null,
      },
    ];
  });
  return { profiles, refused };
}

/** Nearest first: what a nearer one sets, counts. */
function inherit(line: readonly ProfileSettings[]): ProfileSettings {
  const distantFirst = line.toReversed();
  const sysctl = Object.assign({}, ...distantFirst.map((settings) => settings.sysctl));
  return Object.assign({}, ...distantFirst, { sysctl });
}
