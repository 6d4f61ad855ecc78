import type { Protocol, ServiceDefinition } from '../stack/types.ts';

/** What the first packet of a published flow looks like to the rules of others. */
export interface Flow {
  readonly protocol: Protocol;
  /** Destination ports. A range stands for all of its ports. */
  readonly from: number;
  readonly to: number;
  /** `forward`: translated to a container behind the bridge; `input`: a program on this host answers. */
  readonly way: 'forward' | 'input';
  readonly family: 'ip' | 'ip6';
  /** The containers' subnet of that family, e.g. `172.30.5.0/24`. */
  readonly subnet: string;
}

/** The flows that must reach these services from outside; what the host itself answers, coturn, serves IPv4 alone. */
export function flowsOf(
  services: readonly ServiceDefinition[],
  { subnet, subnet6 }: { readonly subnet: string; readonly subnet6: string | null },
): readonly Flow[] {
  const ip = { family: 'ip', subnet } as const;
  const families = [ip, ...(subnet6 === null ? [] : [{ family: 'ip6', subnet: subnet6 } as const])];
  return services.flatMap(({ published, open }): Flow[] => [
    ...published.flatMap(({ protocol, port }) =>
      families.map((family): Flow => ({ protocol, from: port, to: port, way: 'forward', ...family })),
    ),
    ...open.map(({ protocol, from, to }): Flow => ({ protocol, from, to, way: 'input', ...ip })),
  ]);
}

/** `7882/udp`, `49152-49663/udp`. */
export function flowName({ protocol, from, to }: Pick<Flow, 'protocol' | 'from' | 'to'>): string {
  return `${from === to ? from : `${from}-${to}`}/${protocol}`;
}
