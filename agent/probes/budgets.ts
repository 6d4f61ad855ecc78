import { writeDuration } from '../system/durations.ts';

/** How often a service is asked, and how long it may leave that unanswered; durations are milliseconds. */
export interface ProbeBudgets {
  /** From its start to its first answer. Then it counts as failed. */
  readonly startup: number;
  /** One that has answered may be silent for so long, and for so many questions in a row. Then it is restarted. */
  readonly liveness: number;
  readonly livenessMisses: number;
  /** After so many questions in a row without an answer it does not serve. */
  readonly readinessMisses: number;
  /** Between two questions to one that serves. */
  readonly interval: number;
  /** For an answer. */
  readonly timeout: number;
}

/** What holds where no hardware profile says otherwise; docs/healing.md argues it. */
export const DEFAULT_BUDGETS: ProbeBudgets = {
  startup: 60_000,
  liveness: 15_000,
  livenessMisses: 3,
  readinessMisses: 2,
  interval: 10_000,
  timeout: 2_000,
};

/** What each may be, both ends included; durations as people write them. */
export const BUDGET_RANGES = {
  startup: ['5s', '1h'],
  liveness: ['5s', '1h'],
  livenessMisses: [1, 100],
  readinessMisses: [1, 20],
  interval: ['1s', '10min'],
  timeout: ['1s', '30s'],
} as const satisfies Readonly<
  Record<keyof ProbeBudgets, readonly [string, string] | readonly [number, number]>
>;

/** The budgets of one service: each from the last of the sources that names it. */
export function mergeBudgets(...sources: readonly BudgetChanges[]): ProbeBudgets {
  const named = sources.flatMap((source) =>
    Object.entries(source).filter(([, value]) => value !== undefined),
  );
  return { ...DEFAULT_BUDGETS, ...Object.fromEntries(named) };
}

/** Some of them; what is absent or undefined changes nothing. */
export type BudgetChanges = { readonly [Name in keyof ProbeBudgets]?: ProbeBudgets[Name] | undefined };

/** As they stand in a file, where a duration has its unit. */
export function budgetsAsWritten({ livenessMisses, readinessMisses, ...durations }: BudgetChanges): object {
  const given = Object.entries(durations).flatMap(([name, ms]) =>
    ms === undefined ? [] : [[name, writeDuration(ms)]],
  );
  return { ...Object.fromEntries(given), livenessMisses, readinessMisses };
}
