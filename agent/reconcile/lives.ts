import type { ContainerObservation } from '../engine/types.ts';
import type { Lives } from '../probes/types.ts';

/** The services that run, each in its life: another start of the same container is another one. */
export function livesOf(containers: readonly ContainerObservation[]): Lives {
  return new Map(
    containers
      .filter(({ state }) => state === 'running')
      .map(({ service, id, startedAt }) => [service, `${id} ${startedAt}`]),
  );
}
