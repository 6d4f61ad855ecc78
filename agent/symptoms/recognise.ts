import { type Ours, SYMPTOMS } from './symptoms.ts';

/** A known failure in a line of a log. */
export interface Sighting {
  readonly code: string;
  readonly evidence: string;
  /** See `Symptom`. */
  readonly fromTimes: number;
}

/** The known failure that a service tells of in this line; null when it tells of none. */
export function recognise(service: string, line: string, ours: Ours): Sighting | null {
  for (const { code, service: of, words, fromTimes = 1, tell } of SYMPTOMS) {
    const match = of === service ? words.exec(line) : null;
    const evidence = match && tell(match, ours);
    if (evidence !== null) return { code, evidence, fromTimes };
  }
  return null;
}
