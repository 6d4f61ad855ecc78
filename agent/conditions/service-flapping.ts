import { PROJECT } from '../stack/types.ts';
import { bad, cannotTell, good, judge } from './findings.ts';
import { isDown } from './service-down.ts';
import type { Condition } from './types.ts';

export const serviceFlapping: Condition = {
  code: 'SERVICE_FLAPPING',
  severity: 'degraded',
  title: 'A service fails again and again',
  check: 'Steady services',
  meaning:
    'The processes of a service ended at least 5 times within half an hour, though they were started again each time and ' +
    'may serve in between. Every end cuts the calls that go through it.',
  remedy:
    'See what it says before it ends: `sudo docker logs --tail 50 appliance-SERVICE-1`. See when it ended: `agentctl events --since 1h`',
  dependsOn: [],
  evaluate: (facts) =>
    judge(facts.services, (services) => {
      // One problem is shown: that a service is down tells this too.
      const flapping = services.filter(
        (service) => service.failures && (service.held === true || !isDown(service)),
      );
      if (flapping.length > 0) {
        const logs = flapping
          .map(({ name }) => `\`sudo docker logs --tail 50 ${PROJECT}-${name}-1\``)
          .join(', ');
        return bad(
          flapping.map(({ name, failures }) => `${name}: ${failures}`).join('; '),
          `See what it says before it ends: ${logs}`,
        );
      }
      const known = services.every(({ failures }) => failures !== undefined);
      return known
        ? good('none fails again and again')
        : cannotTell('only the agent remembers, and it is silent');
    }),
};
