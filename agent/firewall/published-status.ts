import type { PublishedStatus, Traffic } from '../control/status.ts';
import type { OpenPorts, PublishedPort } from '../stack/types.ts';
import { accountOf } from './accounts.ts';

type Counters = ReadonlyMap<string, Traffic>;

/** What status shows of the ports: where each leads, and what went through it in both directions. */
export function publishedStatus(
  published: readonly PublishedPort[],
  open: readonly OpenPorts[],
  backends: ReadonlyMap<string, string | null>,
  counters: Counters,
): PublishedStatus[] {
  const targetOf = (port: PublishedPort) => {
    const address = backends.get(port.service);
    return address ? `${address}:${port.port}` : null;
  };
  return [
    ...published.map((port) => rowOf(port, targetOf(port), counters)),
    ...open.map((ports) => rowOf(ports, 'host', counters)),
  ];
}

function rowOf(ports: PublishedPort | OpenPorts, target: string | null, counters: Counters): PublishedStatus {
  const account = accountOf(ports);
  const inbound = trafficOf(account.counters.inbound, counters);
  const outbound = trafficOf(account.counters.outbound, counters);
  return {
    protocol: account.protocol,
    port: account.from,
    ...(account.to === account.from ? {} : { portTo: account.to }),
    service: account.service,
    target,
    packets: inbound.packets + outbound.packets,
    bytes: inbound.bytes + outbound.bytes,
    flows: trafficOf(account.counters.flows, counters).packets,
    in: inbound,
    out: outbound,
  };
}

function trafficOf(counter: string, counters: Counters): Traffic {
  const { packets = 0, bytes = 0 } = counters.get(counter) ?? {};
  return { packets, bytes };
}
