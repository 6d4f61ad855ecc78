import type { ControlApi } from '../control/api.ts';
import { PROVISIONING_STEPS } from '../provision/steps.ts';
import { AgentError } from '../system/errors.ts';
import type { Memory } from './memory.ts';
import { type RequestPorts, recordRequest } from './record-request.ts';

/** What an operator asks about how the machine was brought up. */
export function provisioningRequests(
  ports: RequestPorts & { readonly memory: Memory; readonly services: () => readonly string[] },
): Pick<ControlApi, 'provisionAgain'> {
  const { store, memory } = ports;
  return {
    async provisionAgain({ from }) {
      const names = PROVISIONING_STEPS.map(({ name }) => name);
      const first = names.indexOf(from);
      if (first < 0) throw unknownStep(from, names);
      const again = names.slice(first);
      store.unprovisioned(again);
      memory.forgetFailures();
      for (const subject of ['engine', ...ports.services()]) memory.forgive(subject);
      recordRequest(ports, {
        subject: 'provisioning',
        kind: 'provisioning-asked',
        action: `looks again whether ${again.join(', ')} are done; every waiting time is over`,
      });
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
