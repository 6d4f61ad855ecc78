/** What can happen to a service so that it has another address afterwards. */
export type Move = 'network' | 'compose' | 'removed';

/** What befalls a service: its process is killed, or stops to work (SIGSTOP), or somebody types `docker kill`. */
export type Fault = 'killed' | 'docker-kill' | 'hung';

/** Docker's own health check: as it is by default, or with the intervals and misses of our prober. */
export type HealthCheck = 'default' | 'as-often-as-ours';

/** How much each bench measures. */
export interface Counts {
  readonly publish: { readonly ports: readonly number[]; readonly rounds: number };
  readonly roundTrip: { readonly rounds: number; readonly exchanges: number };
  readonly blackhole: { readonly moves: readonly Move[]; readonly trials: number };
  readonly startToMap: { readonly starts: number };
  readonly apply: { readonly ports: readonly number[]; readonly rounds: number };
  /**
   * The windows follow each other: five of a minute hold what the agent does each five minutes once. It settles before:
   * what was started is probed for the first time, looked at, and done with.
   */
  readonly rest: {
    readonly settleSeconds: number;
    readonly windows: number;
    readonly windowSeconds: number;
    readonly containers: readonly number[];
  };
  readonly heal: {
    readonly faults: readonly Fault[];
    readonly healthChecks: readonly HealthCheck[];
    readonly trials: number;
  };
  readonly events: { readonly events: number };
}

/** Some half an hour on two cores that have nothing else to do. */
export const FULL: Counts = {
  publish: { ports: [1, 101, 201], rounds: 3 },
  roundTrip: { rounds: 7, exchanges: 4_000 },
  blackhole: { moves: ['network', 'compose', 'removed'], trials: 4 },
  startToMap: { starts: 30 },
  apply: { ports: [10, 100, 1_000], rounds: 5 },
  rest: { settleSeconds: 75, windows: 5, windowSeconds: 60, containers: [5, 50] },
  heal: {
    faults: ['killed', 'docker-kill', 'hung'],
    healthChecks: ['default', 'as-often-as-ours'],
    trials: 5,
  },
  events: { events: 10_000 },
};

/** Enough to see that every bench works; its figures mean nothing. */
export const QUICK: Counts = {
  publish: { ports: [1, 3], rounds: 1 },
  roundTrip: { rounds: 1, exchanges: 100 },
  blackhole: { moves: ['network'], trials: 1 },
  startToMap: { starts: 1 },
  apply: { ports: [10], rounds: 1 },
  rest: { settleSeconds: 1, windows: 2, windowSeconds: 1, containers: [3] },
  heal: { faults: ['killed'], healthChecks: [], trials: 1 },
  events: { events: 100 },
};
