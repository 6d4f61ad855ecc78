import { known, unknown } from '../../conditions/findings.ts';
import { serviceFlapping } from '../../conditions/service-flapping.ts';
import type { Facts } from '../../conditions/types.ts';
import type { ServiceStatus, Status } from '../../control/status.ts';
import type { StatusReading } from '../../control/status-file.ts';
import type { ContainerObservation, Engine } from '../../engine/types.ts';
import { PROJECT } from '../../stack/types.ts';
import { describeError } from '../../system/errors.ts';

type Services = Extract<Facts['services'], { known: true }>['value'];

/** The services as the agent probes them; while it does not report, at least the state of their containers. */
export async function gatherServices(
  engine: Pick<Engine, 'containers'>,
  { status, stale }: StatusReading,
): Promise<Facts['services']> {
  if (status !== null && !stale) return known(status.services.map((service) => fromStatus(service, status)));
  try {
    const containers = await engine.containers(PROJECT);
    if (containers.length === 0)
      return unknown('the agent is silent, and there is no container of the stack');
    return known(containers.map(fromContainer));
  } catch (error) {
    return unknown(`the agent is silent, and ${describeError(error)}`);
  }
}

function fromStatus({ name, state, probe }: ServiceStatus, { problems }: Status): Services[number] {
  const detail = probe !== null && !probe.ok ? `${state}, ${probe.kind}: ${probe.detail}` : state;
  const failures = failuresOf(name, problems);
  return { name, state, serving: probe?.ok ?? null, held: state === 'held', failures, detail };
}

/** Only the agent remembers how often a service ended: it says so in the problem's evidence, `SERVICE: how often`. */
function failuresOf(service: string, problems: Status['problems']): string | null {
  const told = problems.find(({ code }) => code === serviceFlapping.code)?.evidence ?? '';
  const ours = told.split('; ').find((part) => part.startsWith(`${service}: `));
  return ours?.slice(service.length + 2) ?? null;
}

/** What runs may still not serve; what does not run certainly does not. */
function fromContainer({ service, state, exitCode, error }: ContainerObservation): Services[number] {
  const code = exitCode === null || state === 'running' ? '' : ` with code ${exitCode}`;
  const detail = `${state}${code}${error === '' ? '' : `: ${error}`}`;
  return { name: service, state, serving: state === 'running' ? null : false, held: null, detail };
}
