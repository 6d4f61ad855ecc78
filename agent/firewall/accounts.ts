import type { OpenPorts, Protocol, PublishedPort } from '../stack/types.ts';

/** The ports that one set of counters is kept for. */
export interface Account {
  readonly protocol: Protocol;
  readonly from: number;
  readonly to: number;
  readonly service: string;
  readonly counters: { readonly flows: string; readonly inbound: string; readonly outbound: string };
}

/** The account of a published port, or of ports that a host-network service opens itself. */
export function accountOf(ports: PublishedPort | OpenPorts): Account {
  const { from, to } = 'port' in ports ? { from: ports.port, to: ports.port } : ports;
  const name = `${ports.protocol}-${from === to ? from : `${from}-${to}`}`;
  return {
    protocol: ports.protocol,
    from,
    to,
    service: ports.service,
    counters: { flows: `${name}-flows`, inbound: `${name}-in`, outbound: `${name}-out` },
  };
}
