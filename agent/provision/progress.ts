import type { ProvisioningStepStatus, Status } from '../control/status.ts';
import type { Desired, Observed } from '../reconcile/types.ts';
import type { Store } from '../store/types.ts';
import type { Instant } from '../system/clock.ts';
import { PROVISIONING_STEPS } from './steps.ts';

/**
 * How far the machine has come up. A step counts as done in its order and for good: what fails later is a problem
 * of running, not of provisioning. The first time each is done is recorded.
 */
export function provisioningProgress(
  store: Store,
  observed: Observed,
  desired: Desired | null,
  now: Instant,
): Status['provisioning'] {
  const recorded = new Map(store.provisioning().map((record) => [record.step, record]));
  let reached = true;
  const steps = PROVISIONING_STEPS.map(({ name, check }): ProvisioningStepStatus => {
    const before = recorded.get(name);
    if (before?.state === 'done') {
      return { name, state: 'done', finishedAt: before.at.wall, detail: before.detail };
    }
    if (!reached) return { name, state: 'pending', finishedAt: null, detail: '' };
    const { done, detail } = check(observed, desired);
    if (!done) {
      reached = false;
      return { name, state: 'running', finishedAt: null, detail };
    }
    store.provisioned({ step: name, state: 'done', at: now, detail });
    return { name, state: 'done', finishedAt: now.wall, detail };
  });
  return { state: steps.every(({ state }) => state === 'done') ? 'done' : 'running', steps };
}
