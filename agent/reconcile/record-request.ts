import type { Store } from '../store/types.ts';
import type { Clock } from '../system/clock.ts';

export interface RequestPorts {
  readonly clock: Clock;
  readonly store: Store;
  readonly wake: () => void;
}

/** Writes down what an operator asked for, and has the loop look at once: that is what does it. */
export function recordRequest(
  { clock, store, wake }: RequestPorts,
  request: { readonly subject: string; readonly kind: string; readonly action: string },
): void {
  store.record({
    at: clock.now(),
    ...request,
    cause: 'asked for by an operator (agentctl)',
    evidence: '',
    result: 'ok',
    resultDetail: '',
    durationMs: null,
  });
  wake();
}
