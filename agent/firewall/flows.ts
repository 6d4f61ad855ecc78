import type { Protocol, ServiceDefinition } from '../stack/types.ts';

/** What the first packet of a published flow looks like to the rules of others. */
export interface Flow {
  readonly protocol: Protocol;
  /** Destination ports. A range stands for all of its ports. */
  readonly from: number;
  readonly to: number;
  /** `forward`: translated to a container behind the bridge; `input`: a program on this host answers. */
  readonly way: 'forward' | 'input';
}

/** The flows that must reach these services from outside. */
export function flowsOf(services: readonly ServiceDefinition[]): readonly Flow[] {
  return services.flatMap(({ published, open }): Flow[] => [
    ...published.map(({ protocol, port }): Flow => ({ protocol, from: port, to: port, way: 'forward' })),
    ...open.map(({ protocol, from, to }): Flow => ({ protocol, from, to, way: 'input' })),
  ]);
}

/** `7882/udp`, `49152-49663/udp`. */
export function flowName({ protocol, from, to }: Omit<Flow, 'way'>): string {
  return `${from === to ? from : `${from}-${to}`}/${protocol}`;
}
