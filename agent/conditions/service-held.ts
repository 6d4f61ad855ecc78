import { bad, cannotTell, good, judge } from './findings.ts';
import type { Condition } from './types.ts';

export const serviceHeld: Condition = {
  code: 'SERVICE_HELD',
  severity: 'info',
  title: 'A service is held by an operator',
  check: 'Holds',
  meaning:
    'Somebody stopped the service with `docker stop`, or held it with `agentctl hold`. The agent respects that: it ' +
    'neither starts nor heals the service until it is released, somebody starts it, or the machine starts anew.',
  remedy:
    'When the work is done: `sudo agentctl release SERVICE`. The agent then starts the service and heals it again.',
  dependsOn: [],
  evaluate: (facts) =>
    judge(facts.services, (services) => {
      const held = services.filter((service) => service.held === true);
      if (held.length === 0) {
        const isKnown = services.every((service) => service.held !== null);
        return isKnown ? good('none') : cannotTell('only a running agent knows');
      }
      const release = held.map(({ name }) => `\`sudo agentctl release ${name}\``).join(', ');
      // A hold on a service that serves takes nothing away but the healing.
      const severity = held.some(({ serving }) => serving !== true) ? 'degraded' : 'info';
      return bad(
        held.map(({ name, state, detail }) => `${name}: ${detail === '' ? state : detail}`).join('; '),
        `When the work is done: ${release}. The agent then starts it and heals it again.`,
        severity,
      );
    }),
};
