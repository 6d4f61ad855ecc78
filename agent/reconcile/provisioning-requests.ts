import type { ControlApi } from '../control/api.ts';
import { PROVISIONING_STEPS } from '../provision/steps.ts';
import type { Store } from '../store/types.ts';
import type { Clock } from '../system/clock.ts';
import { AgentError } from '../system/errors.ts';
import type { Memory } from './memory.ts';

/** What an operator asks about how the machine was brought up. */
export function provisioningRequests(ports: {
  readonly clock: Clock;
  readonly store: Store;
  readonly memory: Memory;
  readonly services: () => readonly string[];
  readonly wake: () => void;
}): Pick<ControlApi, 'provisionAgain'> {
  const { clock, store, memory } = ports;
  return {
    async provisionAgain({ from }) {
      const names = PROVISIONING_STEPS.map(({ name }) => name);
      const first = names.indexOf(from);
      if (first < 0) throw unknownStep(from, names);
      const again = names.slice(first);
      store.unprovisioned(again);
      memory.forgetFailures();
      for (const subject of ['engine', ...ports.services()]) memory.forgive(subject);
      store.record({
        at: clock.now(),
        subject: 'provisioning',
        kind: 'provisioning-asked',
        cause: 'asked for by an operator (agentctl)',
        evidence: '',
        action: `looks again whether ${again.join(', ')} are done; every waiting time is over`,
        result: 'ok',
        resultDetail: '',
        durationMs: null,
      });
      ports.wake();
      return { message: `The agent goes through the steps again from ${from} on.` };
    },
  };
}

const unknownStep = (step: string, known: readonly string[]) =>
  new AgentError({
    code: 'UNKNOWN_STEP',
    message: `There is no step ${step}`,
    hint: `There are: ${known.join(', ')}.`,
  });
