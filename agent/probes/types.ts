/** The outcome of one probe, with what was seen. */
export interface Verdict {
  readonly ok: boolean;
  readonly kind: 'http' | 'tcp' | 'udp' | 'stun';
  readonly latencyMs: number | null;
  /** What was seen, e.g. `200 OK` or `no answer within 2000 ms`. */
  readonly detail: string;
}
