import { PROJECT } from '../stack/types.ts';
import { bad, cannotTell, good, judge } from './findings.ts';
import type { Condition, Facts } from './types.ts';

type Service = Extract<Facts['services'], { known: true }>['value'][number];

/** Without these there are no calls at all. */
const ESSENTIAL: ReadonlySet<string> = new Set(['livekit', 'coturn']);
const NEXT =
  'The agent heals it by itself. See what it did and why it failed: `agentctl events --since 1h`, ';
const logsOf = (name: string) => `\`sudo docker logs --tail 50 ${PROJECT}-${name}-1\``;

export const serviceDown: Condition = {
  code: 'SERVICE_DOWN',
  severity: 'degraded',
  title: 'A service does not serve',
  check: 'Services',
  meaning:
    'A container of the stack does not run, or runs and does not answer its probe. The agent starts it again, with longer ' +
    'pauses when that does not help. Without livekit or coturn there are no calls; then it is critical.',
  remedy: `${NEXT}${logsOf('SERVICE')}. Heal it at once: \`sudo agentctl heal SERVICE\``,
  dependsOn: ['ENGINE_UNREACHABLE'],
  evaluate: (facts) =>
    judge(facts.services, (services) => {
      if (services.length === 0) return cannotTell('no service has been observed yet');
      const judged = services.filter(({ held }) => held !== true);
      // One problem is shown: the cause.
      const down = judged.filter((service) => isDown(service) && !service.waitsFor);
      if (down.length > 0) {
        const logs = down.map(({ name }) => logsOf(name)).join(', ');
        const critical = down.some(({ name }) => ESSENTIAL.has(name));
        return bad(down.map(describe).join('; '), NEXT + logs, critical ? 'critical' : 'degraded');
      }
      const unproven = judged.filter(({ serving }) => serving === null);
      if (unproven.length > 0)
        return cannotTell(`not probed yet: ${unproven.map(({ name }) => name).join(', ')}`);
      if (judged.length === 0) return good('all are held by an operator');
      return good(`serving: ${judged.map(({ name }) => name).join(', ')}`);
    }),
};

/**
 * A running container that was not probed yet is not down, unless the ones before it ended again and again; one that does
 * not run needs no probe to be.
 */
export const isDown = ({ serving, state, failures }: Service) =>
  serving === false ||
  (serving === null && ((state !== 'running' && state !== 'unknown') || (failures ?? null) !== null));

const describe = ({ name, state, detail, failures }: Service) =>
  [`${name}: ${detail === '' ? state : detail}`, ...(failures ? [failures] : [])].join('; ');
