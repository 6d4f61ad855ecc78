import type { MachineFacts } from './machine.ts';
import type { MatchRule } from './profile-schema.ts';
import type { Profile } from './profiles.ts';

/** How much a key says about a machine when it is given whole; its beginning says half as much. */
const WEIGHTS: { readonly [Key in keyof Required<MatchRule>]: number } = {
  productName: 64,
  board: 64,
  boardName: 32,
  soc: 16,
  nic: 8,
  cpuModel: 8,
  sysVendor: 4,
  virtual: 1,
};

const WORDS: { readonly [Key in keyof Required<MatchRule>]: string } = {
  productName: 'product name',
  board: 'devicetree board',
  boardName: 'board name',
  soc: 'devicetree system on a chip',
  nic: 'network interface',
  cpuModel: 'processor',
  sysVendor: 'vendor',
  virtual: 'virtual machine',
};

const KEYS = Object.keys(WEIGHTS) as readonly (keyof MatchRule)[];

export interface MatchResult {
  readonly profile: Profile;
  /** Null: it is not for this machine. */
  readonly score: number | null;
  /** Each key that holds, or the one that does not, in words. */
  readonly evidence: readonly string[];
}

export interface Selection {
  /** Null when not even a profile for any machine is there. */
  readonly chosen: (MatchResult & { readonly score: number }) | null;
  /** Every profile that can match, the best first. */
  readonly results: readonly MatchResult[];
}

/** The profile for a machine: the most specific that matches; at the same score an override, then the first name. */
export function selectProfile(profiles: readonly Profile[], machine: MachineFacts): Selection {
  const results = profiles
    .flatMap((profile) => (profile.match === null ? [] : [matchProfile(profile, profile.match, machine)]))
    .sort(byRank);
  const [best] = results;
  return {
    chosen: best === undefined || best.score === null ? null : { ...best, score: best.score },
    results,
  };
}

const byRank = (a: MatchResult, b: MatchResult) =>
  (b.score ?? -1) - (a.score ?? -1) ||
  Number(b.profile.origin === 'override') - Number(a.profile.origin === 'override') ||
  // Not localeCompare, for which Node loads ICU.
  (a.profile.name < b.profile.name ? -1 : 1);

function matchProfile(profile: Profile, rule: MatchRule, machine: MachineFacts): MatchResult {
  const evidence: string[] = [];
  let score = 0;
  for (const key of KEYS) {
    const wanted = asPatterns(rule[key]);
    if (wanted.length === 0) continue;
    const seen = valuesOf(machine, key);
    const hit = bestHit(wanted, seen);
    if (hit === null) {
      const found = seen.length === 0 ? 'not known' : seen.join(', ');
      return {
        profile,
        score: null,
        evidence: [`${WORDS[key]}: ${found}, not ${wanted.join(' or ')}`],
      };
    }
    const points = pointsOf(key, hit.pattern);
    score += points;
    evidence.push(
      `${WORDS[key]}: ${hit.value} (${hit.pattern === hit.value ? '' : `by ${hit.pattern}, `}${points})`,
    );
  }
  return { profile, score, evidence: evidence.length === 0 ? ['it is for any machine'] : evidence };
}

/** The pattern that says most, and what it holds for. */
function bestHit(patterns: readonly string[], values: readonly string[]) {
  const hits = patterns.flatMap((pattern) => {
    const value = values.find((candidate) => holdsPattern(pattern, candidate));
    return value === undefined ? [] : [{ pattern, value }];
  });
  return hits.find(({ pattern }) => !isPrefix(pattern)) ?? hits[0] ?? null;
}

/** The texts of a key; `virtual` is given as one. */
export const asPatterns = (value: MatchRule[keyof MatchRule]): readonly string[] =>
  value === undefined ? [] : typeof value === 'boolean' ? [inWords(value)] : value;

export const pointsOf = (key: keyof MatchRule, pattern: string): number =>
  isPrefix(pattern) ? WEIGHTS[key] / 2 : WEIGHTS[key];

export const isPrefix = (pattern: string): boolean => pattern.endsWith('*');

/** Whether a value is the text of a pattern, or begins with it. */
export const holdsPattern = (pattern: string, value: string): boolean =>
  isPrefix(pattern) ? value.startsWith(pattern.slice(0, -1)) : value === pattern;

const inWords = (value: boolean) => (value ? 'yes' : 'no');

function valuesOf({ dmi, deviceTree, cpu, nics, virtual }: MachineFacts, key: keyof MatchRule): string[] {
  const known = (...values: readonly (string | null | undefined)[]) =>
    values.filter((value) => value !== null && value !== undefined);
  switch (key) {
    case 'sysVendor':
    case 'productName':
    case 'boardName':
      return known(dmi[key]);
    case 'board':
    case 'soc':
      return known(deviceTree[key]);
    case 'cpuModel':
      return known(cpu?.model);
    case 'nic':
      return nics.flatMap(({ pci, driver }) => known(pci, driver));
    case 'virtual':
      return [inWords(virtual)];
  }
}
