import type { ContainerObservation } from '../../agent/engine/types.ts';

export interface FakeContainer extends ContainerObservation {
  readonly state: 'running' | 'exited';
}

/** Made, and not started yet. */
export const freshContainer = (service: string, generation: string, id: string): FakeContainer => ({
  id,
  name: `appliance-${service}-1`,
  service,
  generation,
  image: `appliance-agent/${service}:1`,
  imageId: 'sha256:0',
  imageNamed: true,
  state: 'exited',
  exitCode: 0,
  oomKilled: false,
  restartCount: 0,
  pid: null,
  startedAt: null,
  finishedAt: null,
  ipv4: null,
  ipv6: null,
  locked: { ipv4: null, ipv6: null },
  error: '',
});
