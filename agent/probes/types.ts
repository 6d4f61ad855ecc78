import type { Instant } from '../system/clock.ts';

/** The outcome of one probe, with what was seen. */
export interface Verdict {
  readonly ok: boolean;
  readonly kind: 'http' | 'tcp' | 'udp' | 'stun' | 'turn' | 'exec';
  readonly latencyMs: number | null;
  /** What was seen, e.g. `200 OK` or `no answer within 2000 ms`. */
  readonly detail: string;
}

/** What is asked: services that run, each with its life, from one start to its end. An answer is of the life that was asked. */
export type Lives = ReadonlyMap<string, string>;

/** Of a service that runs: that it did not answer when it was asked last. */
export interface Silence {
  /** When it was first asked in vain. */
  readonly since: Instant;
  readonly misses: number;
  /** Whether it answered before, since it was started. */
  readonly served: boolean;
}
