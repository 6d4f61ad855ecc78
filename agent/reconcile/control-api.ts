import type { ControlApi } from '../control/api.ts';
import type { FirewallStatus, Status } from '../control/status.ts';
import type { Nft } from '../nftables/index.ts';
import type { Rotations } from '../stack/rotations.ts';
import { writeDuration } from '../system/durations.ts';
import { AgentError } from '../system/errors.ts';
import type { Memory } from './memory.ts';
import { perimeterRequests } from './perimeter-requests.ts';
import { provisioningRequests } from './provisioning-requests.ts';
import { type RequestPorts, recordRequest } from './record-request.ts';
import { rotationRequests } from './rotation-requests.ts';

export interface ControlApiPorts extends RequestPorts {
  readonly memory: Memory;
  readonly nft: Nft;
  readonly agentVersion: string;
  readonly services: () => readonly string[];
  readonly rotations: () => Rotations;
  readonly status: () => Status | null;
  /** Null while it is not known what the firewall should be. */
  readonly firewall: () => Promise<FirewallStatus | null>;
}

/** What an operator asks of the running agent. Each request is recorded, and the loop does the rest. */
export function controlApi(ports: ControlApiPorts): ControlApi {
  const { clock, memory } = ports;

  function known(service: string): string {
    const services = ports.services();
    if (services.includes(service)) return service;
    throw new AgentError({
      code: 'UNKNOWN_SERVICE',
      message: `There is no service ${service}`,
      hint:
        services.length === 0
          ? 'The stack is not up yet: `agentctl status`'
          : `There are: ${services.join(', ')}.`,
    });
  }

  function record(service: string, kind: string, action: string): void {
    recordRequest(ports, { subject: service, kind, action });
  }

  return {
    async hold({ service, forMs, reason = 'held by an operator (agentctl hold)' }) {
      memory.hold({
        service: known(service),
        reason,
        since: clock.now(),
        until: 'released',
        forMs,
      });
      record(service, 'held', forMs === null ? 'put on hold' : `put on hold for ${writeDuration(forMs)}`);
      return {
        message: `${service} is on hold: the agent leaves it alone ${forMs === null ? '' : `for ${writeDuration(forMs)}, `}until agentctl release ${service}, or the next boot.`,
      };
    },
    async release({ service }) {
      const wasHeld = memory.release(known(service));
      memory.forgetStops();
      if (wasHeld) record(service, 'released', 'released from hold');
      return {
        message: wasHeld
          ? `${service} is released: the agent keeps it running again.`
          : `${service} was not on hold.`,
      };
    },
    async heal({ service }) {
      memory.release(known(service));
      memory.forgetStops();
      memory.forgive(service);
      record(service, 'heal-asked', 'its waiting time and its hold are over');
      return { message: `${service} is looked after now; follow it with agentctl status --watch` };
    },
    ...perimeterRequests(ports),
    ...rotationRequests(ports),
    ...provisioningRequests(ports),
    async backupMade({ file, bytes, stoppedForMs }) {
      const without = stoppedForMs === 0 ? '' : `; the homeserver was stopped for ${stoppedForMs} ms`;
      record('backup', 'backup-made', `wrote ${file} (${bytes} bytes)${without}`);
      return { message: 'The backup is recorded.' };
    },
    async resume() {
      const ended = memory.restraint.end('an operator let it act again (agentctl resume)', clock.now());
      ports.wake();
      return { message: ended ? 'The agent acts again.' : 'The agent was not held back: it acts.' };
    },
    async status() {
      return ports.status() ?? notYet();
    },
    async firewall() {
      return (await ports.firewall()) ?? notYet();
    },
    async ping() {
      return { agentVersion: ports.agentVersion };
    },
  };
}

function notYet(): never {
  throw new AgentError({
    code: 'NO_STATUS_YET',
    message: 'The agent has just started and has no status yet',
    hint: 'Ask again in a few seconds.',
  });
}
