/** Many requests, few actions. */
export interface Coalesced {
  /** Asks for the action; while one is asked for already, this adds nothing. */
  ask(): void;
  /** Drops what was asked for and not yet done. */
  stop(): void;
}

/**
 * Does `action` once for requests that come together: `settleMs` after the first of them, and no sooner than
 * `apartMs` after the last time, so that a source that never rests costs a bounded share of the machine.
 */
export function coalesce(
  action: () => void,
  { settleMs, apartMs }: { readonly settleMs: number; readonly apartMs: number },
): Coalesced {
  let timer: NodeJS.Timeout | undefined;
  let lastAt = Number.NEGATIVE_INFINITY;

  function act(): void {
    timer = undefined;
    lastAt = performance.now();
    action();
  }

  return {
    ask() {
      timer ??= setTimeout(act, Math.max(settleMs, lastAt + apartMs - performance.now()));
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
