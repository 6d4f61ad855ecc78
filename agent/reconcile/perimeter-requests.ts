import type { ControlApi, Done } from '../control/api.ts';
import { managementText, trialNames } from '../firewall/perimeter.ts';
import type { Nft } from '../nftables/index.ts';
import { AgentError } from '../system/errors.ts';
import type { Memory } from './memory.ts';
import { trialId, trialLeftMs } from './perimeter.ts';
import { createPerimeterChanges } from './perimeter-changes.ts';
import { type RequestPorts, recordRequest } from './record-request.ts';

const TRY_AGAIN = 'To put the same perimeter on trial again: `sudo agentctl firewall try`';

/** What an operator asks about the perimeter. Each request is recorded; the loop changes the rules. */
export function perimeterRequests(
  ports: RequestPorts & { readonly memory: Memory; readonly nft: Nft },
): Pick<ControlApi, 'confirmPerimeter' | 'rollBackPerimeter' | 'tryPerimeter'> {
  const { clock, memory, nft } = ports;
  const changes = createPerimeterChanges(memory, clock);

  function done(kind: string, message: string): Done {
    recordRequest(ports, { subject: 'firewall', kind, action: message });
    return { message };
  }

  /** What is on trial by our record, and in the rules. */
  async function onTrial() {
    const { trial } = memory.history().perimeter;
    const table = await nft.list('inet', 'appliance');
    const admitted = table?.counters.find(
      ({ name }) => trial !== null && name === trialNames(trialId(trial)).admitted,
    );
    if (trial === null || admitted === undefined || trialLeftMs(trial, clock.now()) === 0)
      throw nothingOnTrial(memory);
    return { management: trial.management, admitted: admitted.packets };
  }

  return {
    async confirmPerimeter({ unproven }) {
      const { management, admitted } = await onTrial();
      if (admitted === 0 && !unproven) throw unprovenTrial(managementText(management));
      changes.confirm(management);
      return done(
        'perimeter-confirmed',
        `The perimeter is confirmed, and stays: open is ${managementText(management)}.`,
      );
    },
    async rollBackPerimeter() {
      await onTrial();
      changes.rollBack('an operator asked for it');
      return done(
        'perimeter-rolled-back',
        'The trial is over: what was in force before it is again within a second.',
      );
    },
    async tryPerimeter() {
      if (!changes.allowAgain()) throw nothingToTry();
      return done('perimeter-try-asked', 'It is on trial again within a second: `agentctl firewall show`');
    },
  };
}

const nothingOnTrial = (memory: Memory) => {
  const { rolledBack } = memory.history().perimeter;
  return new AgentError({
    code: 'NO_PERIMETER_ON_TRIAL',
    message:
      rolledBack === null
        ? 'No perimeter is on trial'
        : `No perimeter is on trial: the last was rolled back, because ${rolledBack.why}`,
    hint:
      rolledBack === null
        ? 'A trial begins when `firewall.mode` in the configuration is enforce.'
        : TRY_AGAIN,
  });
};

/** A session that runs goes on whatever the perimeter says: that somebody can come in has to be seen. */
const unprovenTrial = (management: string) =>
  new AgentError({
    code: 'PERIMETER_UNPROVEN',
    message: `Nobody has come in by a new connection since the trial began (${management})`,
    hint: 'Open a new SSH connection, then confirm. At the console of the machine: `sudo agentctl firewall confirm --unproven`',
  });

const nothingToTry = () =>
  new AgentError({
    code: 'NO_PERIMETER_ROLLED_BACK',
    message: 'No perimeter was rolled back',
    hint: 'See what is in force: `agentctl firewall show`',
  });
