import { known, unknown } from '../../conditions/findings.ts';
import type { Facts } from '../../conditions/types.ts';
import type { ServiceStatus } from '../../control/status.ts';
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
  if (status !== null && !stale) return known(status.services.map(fromStatus));
  try {
    const containers = await engine.containers(PROJECT);
    if (containers.length === 0)
      return unknown('the agent is silent, and there is no container of the stack');
    return known(containers.map(fromContainer));
  } catch (error) {
    return unknown(`the agent is silent, and ${describeError(error)}`);
  }
}

function fromStatus({ name, state, probe }: ServiceStatus): Services[number] {
  const detail = probe !== null && !probe.ok ? `${state}, ${probe.kind}: ${probe.detail}` : state;
  return { name, state, serving: probe?.ok ?? null, held: state === 'held', detail };
}

/** What runs may still not serve; what does not run certainly does not. */
function fromContainer({ service, state, exitCode, error }: ContainerObservation): Services[number] {
  const code = exitCode === null || state === 'running' ? '' : ` with code ${exitCode}`;
  const detail = `${state}${code}${error === '' ? '' : `: ${error}`}`;
  return { name: service, state, serving: state === 'running' ? null : false, held: null, detail };
}
