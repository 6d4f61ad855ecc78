import { isAway } from './not-yet-serving.ts';
import type { Overall, Problem, ServiceStatus, Status } from './status.ts';

/**
 * The appliance in one word. A first boot that is still under way is degraded: not everything serves yet, and
 * nobody needs to come; so is one with a service that does not run for a moment. One that failed is critical. Problems of
 * severity `info` do not count.
 */
export function overall(
  problems: readonly Pick<Problem, 'severity'>[],
  provisioning: Status['provisioning']['state'],
  services: readonly Pick<ServiceStatus, 'state'>[],
): Overall {
  const has = (severity: Problem['severity']) => problems.some((problem) => problem.severity === severity);
  if (has('critical') || provisioning === 'failed') return 'critical';
  return has('degraded') || provisioning === 'running' || services.some(isAway) ? 'degraded' : 'ok';
}
