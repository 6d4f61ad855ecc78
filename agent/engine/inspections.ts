import type { ContainerAnswer, ListedContainer } from './schemas.ts';

/** In units of a minute and more (moby writes `Up`, then HumanDuration of docker/go-units). */
const HAS_LIVED_A_MINUTE = /^Up (?:About an? |\d+ )(?:minute|hour|day|week|month|year)/;
/** Well below a minute, for that is what the rule below rests on. */
const KEPT_MS = 30_000;

export interface Inspection {
  readonly listed: ListedContainer;
  readonly answer: ContainerAnswer;
}

interface Kept extends Inspection {
  /** The entry of the list that it was asked for by, as text. */
  readonly entry: string;
  readonly atMs: number;
}

/**
 * Inspects what is listed, but not again what cannot have changed: a container whose entry in the list is the same as at
 * an inspection less than half a minute ago, and which has lived for more than a minute. So that inspection was of the
 * same life, in which nothing that an entry leaves out changes. `nowMs`: a clock that is never set.
 * Resolves to the inspections in the order of the list, without containers that are gone meanwhile.
 */
export function createInspections(
  inspect: (id: string) => Promise<ContainerAnswer | null>,
  nowMs: () => number = () => performance.now(),
): (listed: readonly ListedContainer[]) => Promise<readonly Inspection[]> {
  let kept: ReadonlyMap<string, Kept> = new Map();

  async function look(listed: ListedContainer): Promise<Kept | null> {
    const entry = JSON.stringify(listed);
    const atMs = nowMs();
    const before = kept.get(listed.Id);
    if (
      before?.entry === entry &&
      atMs - before.atMs < KEPT_MS &&
      HAS_LIVED_A_MINUTE.test(listed.Status ?? '')
    )
      return before;
    const answer = await inspect(listed.Id);
    return answer && { listed, answer, entry, atMs };
  }

  return async (listed) => {
    const found = (await Promise.all(listed.map(look))).filter((inspection) => inspection !== null);
    kept = new Map(found.map((inspection) => [inspection.listed.Id, inspection]));
    return found;
  };
}
