import type { ControlApi } from '../control/api.ts';
import { isRotated, type RotatedName, type Rotations } from '../stack/rotations.ts';
import { writeDuration } from '../system/durations.ts';
import { AgentError } from '../system/errors.ts';
import type { Memory } from './memory.ts';
import { type RequestPorts, recordRequest } from './record-request.ts';

/** What an operator asks about secrets. It is written down; the loop takes it from there. */
export function rotationRequests(
  ports: RequestPorts & {
    readonly memory: Memory;
    /** The secrets of the stack that runs. */
    readonly rotations: () => Rotations;
  },
): Pick<ControlApi, 'rotateSecret'> {
  const { clock, memory } = ports;
  return {
    async rotateSecret({ secret, overlapMs: asked }) {
      const rotations = ports.rotations();
      const rules = isRotated(secret) ? rotations.get(secret) : undefined;
      if (!isRotated(secret) || rules === undefined) throw unknownSecret(secret, [...rotations.keys()]);
      if (memory.rotations.all().has(secret)) throw underWay(secret);
      const overlapMs = asked ?? rules.overlapMs;
      memory.rotations.note(secret, { phase: 'asked', since: clock.now(), overlapMs });
      recordRequest(ports, {
        subject: `secret ${secret}`,
        kind: 'secret-rotation-asked',
        action: `a new one is made; the old one stays good for ${writeDuration(overlapMs)} after that is in use`,
      });
      const when = rules.cutsCalls.switch
        ? 'LiveKit must start anew to take it up, which would end every call: that waits until nobody is in one.'
        : 'It is in use within seconds.';
      return {
        message: `A new ${secret} secret is made. ${when} The old one stays good for ${writeDuration(overlapMs)} after that. Follow it with \`sudo agentctl secrets list\`.`,
      };
    },
  };
}

const unknownSecret = (secret: string, known: readonly RotatedName[]) =>
  new AgentError({
    code: 'UNKNOWN_SECRET',
    message: `This stack has no secret ${secret}`,
    hint:
      known.length === 0 ? 'The stack is not up yet: `agentctl status`' : `There are: ${known.join(', ')}.`,
  });

const underWay = (secret: string) =>
  new AgentError({
    code: 'ROTATION_UNDER_WAY',
    message: `The ${secret} secret is being rotated already`,
    hint: 'See how far it has come: `agentctl secrets list`. Then rotate it again.',
  });
