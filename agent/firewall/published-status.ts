import type { PublishedStatus } from '../control/status.ts';
import type { OpenPorts, PublishedPort } from '../stack/types.ts';
import { accountOf } from './accounts.ts';

type Counters = ReadonlyMap<string, { readonly packets: number; readonly bytes: number }>;

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
  const inbound = counters.get(account.counters.inbound);
  const outbound = counters.get(account.counters.outbound);
  return {
    protocol: account.protocol,
    port: account.from,
    ...(account.to === account.from ? {} : { portTo: account.to }),
    service: account.service,
    target,
    packets: (inbound?.packets ?? 0) + (outbound?.packets ?? 0),
    bytes: (inbound?.bytes ?? 0) + (outbound?.bytes ?? 0),
    flows: counters.get(account.counters.flows)?.packets ?? 0,
  };
}
