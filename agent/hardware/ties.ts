import { asPatterns, isPrefix, pointsOf } from './match.ts';
import type { MatchRule } from './profile-schema.ts';
import type { Profile } from './profiles.ts';

/** One way in which a profile can match: a pattern a key, and the score that it then has. */
interface Way {
  readonly patterns: ReadonlyMap<keyof MatchRule, string>;
  readonly score: number;
}

/**
 * Profiles of one origin that some machine would match with the same score, a sentence each: which of the two it gets
 * must not be left to their names. An override beats a shipped profile, so these two never tie.
 */
export function findTies(profiles: readonly Profile[]): string[] {
  return profiles.flatMap((profile, index) =>
    profiles
      .slice(index + 1)
      .filter((other) => other.origin === profile.origin && canTie(profile, other))
      .map((other) => `${profile.name} and ${other.name} match the same machine with the same score`),
  );
}

function canTie(a: Profile, b: Profile): boolean {
  if (a.match === null || b.match === null) return false;
  const others = waysOf(b.match);
  return waysOf(a.match).some((way) =>
    others.some((other) => way.score === other.score && overlap(way, other)),
  );
}

function waysOf(rule: MatchRule): Way[] {
  const keys = Object.keys(rule) as (keyof MatchRule)[];
  return keys.reduce<Way[]>(
    (ways, key) =>
      ways.flatMap(({ patterns, score }) =>
        asPatterns(rule[key]).map((pattern) => ({
          patterns: new Map([...patterns, [key, pattern]]),
          score: score + pointsOf(key, pattern),
        })),
      ),
    [{ patterns: new Map(), score: 0 }],
  );
}

/** Whether one machine can be both: no key that both name contradicts. A machine may have several network interfaces. */
function overlap(a: Way, b: Way): boolean {
  return [...a.patterns].every(([key, pattern]) => {
    const other = b.patterns.get(key);
    return other === undefined || key === 'nic' || haveCommonText(pattern, other);
  });
}

function haveCommonText(a: string, b: string): boolean {
  const [textA, textB] = [a, b].map((pattern) => pattern.replace(/\*$/, ''));
  if (textA === undefined || textB === undefined) return false;
  if (!isPrefix(a) && !isPrefix(b)) return textA === textB;
  return (isPrefix(a) && textB.startsWith(textA)) || (isPrefix(b) && textA.startsWith(textB));
}
