import { LOCKED_NETWORK, NETWORK } from '../stack/types.ts';
import { isLeftover } from './leftovers.ts';
import type { ContainerAnswer, NetworkAnswer } from './schemas.ts';
import type { ContainerObservation, EngineNetwork } from './types.ts';

export const PROJECT_LABEL = 'com.docker.compose.project';
export const SERVICE_LABEL = 'com.docker.compose.service';
/** `True` on what `docker compose run` made: somebody's one-off command, not a service. */
export const ONE_OFF_LABEL = 'com.docker.compose.oneoff';
const GENERATION_LABEL = 'org.appliance-agent.generation';
const STACK_LABEL = 'org.appliance-agent.stack';
const BRIDGE_OPTION = 'com.docker.network.bridge.name';

/** The engine's way to say "never" (the zero value of Go's time). */
const NEVER = '0001-01-01T00:00:00Z';

/**
 * The engine's answer about one container, as the rest of the agent sees it. `listedImage`: what its list says of the image:
 * the reference that the container was made with, or the image's id once that reference names nothing, or another one
 * (moby, daemon/list.go).
 */
export function toObservation(
  answer: ContainerAnswer,
  project: string,
  listedImage: string,
): ContainerObservation {
  const { State: state } = answer;
  const labels = answer.Config.Labels ?? {};
  const lives = state.Status === 'running' || state.Status === 'paused';
  const ended = state.Status === 'exited' || state.Status === 'dead' || state.Status === 'restarting';
  const addressesOn = (network: string) => {
    const attached = lives ? answer.NetworkSettings.Networks?.[`${project}_${network}`] : null;
    // The engine's way to say that there is none is ''.
    return { ipv4: attached?.IPAddress || null, ipv6: attached?.GlobalIPv6Address || null };
  };
  return {
    id: answer.Id,
    name: answer.Name.replace(/^\//, ''),
    service: labels[SERVICE_LABEL] ?? '',
    generation: labels[GENERATION_LABEL] ?? '',
    image: answer.Config.Image,
    imageId: answer.Image,
    imageNamed: listedImage === answer.Config.Image,
    state: state.Status,
    // Of a container that lives or never ran the engine says 0, which would read as a success.
    exitCode: ended ? state.ExitCode : null,
    oomKilled: state.OOMKilled,
    restartCount: answer.RestartCount,
    pid: lives && state.Pid > 0 ? state.Pid : null,
    startedAt: state.StartedAt === NEVER ? null : state.StartedAt,
    finishedAt: state.FinishedAt === NEVER ? null : state.FinishedAt,
    ...addressesOn(NETWORK),
    locked: addressesOn(LOCKED_NETWORK),
    error: state.Error,
  };
}

/** By service, then by id: while Compose recreates a container there are two of one service, the unfinished one last. */
export function byService(a: ContainerObservation, b: ContainerObservation): number {
  return (
    compare(a.service, b.service) || Number(isLeftover(a)) - Number(isLeftover(b)) || compare(a.id, b.id)
  );
}

export function toNetwork(answer: NetworkAnswer): EngineNetwork {
  const isBridge = answer.Driver === 'bridge';
  return {
    name: answer.Name,
    id: answer.Id,
    driver: answer.Driver,
    // Without the option the engine names the interface after the network's id.
    bridge: isBridge ? (answer.Options?.[BRIDGE_OPTION] ?? `br-${answer.Id.slice(0, 12)}`) : null,
    createdAt: answer.Created,
    isOurs: answer.Labels?.[STACK_LABEL] !== undefined,
    subnets: (answer.IPAM?.Config ?? []).flatMap(({ Subnet }) => (Subnet ? [Subnet] : [])),
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
