import type { Severity } from '../control/status.ts';

/** A fact, or why it cannot be known: "cannot know" is never reported as "bad". */
export type Known<T> = { readonly known: true; readonly value: T } | { readonly known: false; readonly why: string };

/** What the conditions look at. The daemon gathers it for the status, `agentctl doctor` for the terminal. */
export interface Facts {
  readonly config: Known<{ readonly accepted: boolean; readonly error: string; readonly hint: string }>;
  readonly database: Known<{ readonly state: 'ok' | 'created' | 'recovered' | 'newer'; readonly detail: string }>;
  readonly engine: Known<{ readonly version: string; readonly error: string | null }>;
  readonly compose: Known<{ readonly version: string | null; readonly detail: string }>;
  readonly table: Known<{ readonly state: 'in-sync' | 'drifted' | 'failed'; readonly differences: readonly string[] }>;
  readonly forwardPath: Known<{
    readonly open: boolean;
    /** What drops our traffic, or what was checked. */
    readonly detail: string;
  }>;
  readonly dockerProxies: Known<{
    readonly count: number;
    readonly pssBytes: number;
    readonly rssBytes: number;
    /** Ports on the host that they hold, e.g. `7882/udp`. */
    readonly ports: readonly string[];
  }>;
  /** Whether something listens on 5349/tcp or 5349/udp. */
  readonly turnsListener: Known<{ readonly open: boolean; readonly detail: string }>;
  readonly disks: Known<
    readonly { readonly mount: string; readonly availableBytes: number; readonly sizeBytes: number }[]
  >;
  readonly clock: Known<{ readonly wall: string; readonly synchronized: boolean | null; readonly detail: string }>;
  readonly images: Known<{ readonly missing: readonly string[] }>;
  readonly services: Known<
    readonly {
      readonly name: string;
      readonly state: string;
      readonly serving: boolean | null;
      readonly held: boolean;
      readonly detail: string;
    }[]
  >;
}

/** What a condition finds: evidence and the next action; it is a problem only when `bad`. */
export type Finding =
  | { readonly state: 'good'; readonly evidence: string }
  | { readonly state: 'bad'; readonly evidence: string; readonly next: string; readonly severity?: Severity }
  | { readonly state: 'unknown'; readonly evidence: string };

/** One thing that can be wrong. Pure: facts in, finding out. */
export interface Condition {
  /** Stable, upper case, e.g. `ENGINE_UNREACHABLE`. */
  readonly code: string;
  readonly severity: Severity;
  /** The problem in a few words, as status shows it, e.g. `The Docker Engine does not answer`. */
  readonly title: string;
  /** What doctor calls the check when all is well, e.g. `Docker Engine`. */
  readonly check: string;
  /** Codes of conditions that explain this one: while one of them is bad, this one is not shown as a problem. */
  readonly dependsOn: readonly string[];
  evaluate(facts: Facts): Finding;
}
