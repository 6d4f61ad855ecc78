import { BlockList } from 'node:net';
import type { Protocol, PublishedPort } from '../stack/types.ts';

/** One direction of a conntrack entry. */
export interface Tuple {
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

export interface ConntrackEntry {
  readonly protocol: Protocol;
  readonly original: Tuple;
  readonly reply: Tuple;
}

/** Parses the lines of `conntrack -L` (conntrack(8)); lines of other protocols are passed over. */
export function parseConntrack(output: string): ConntrackEntry[] {
  return output.split('\n').flatMap((line) => {
    const protocol = /^(tcp|udp)\s/.exec(line)?.[1];
    const tuples = [...line.matchAll(/src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)/g)].map(
      ([, source = '', destination = '', sourcePort, destinationPort]): Tuple => ({
        source,
        destination,
        sourcePort: Number(sourcePort),
        destinationPort: Number(destinationPort),
      }),
    );
    const [original, reply] = tuples;
    return (protocol === 'tcp' || protocol === 'udp') && original && reply
      ? [{ protocol, original, reply }]
      : [];
  });
}

/** What published flows may look like now. */
export interface Publication {
  readonly published: readonly PublishedPort[];
  /** Container address of each bridge service, null while it has none. */
  readonly backends: ReadonlyMap<string, string | null>;
  /** The subnet of the containers, e.g. `172.30.5.0/24`. */
  readonly subnet: string;
  readonly localAddresses: ReadonlySet<string>;
}

/**
 * The entries that send packets for a published port somewhere else than to its backend: to an address that
 * the service had before, or to this host itself. Nothing else is touched, least of all a flow of this host to
 * the same port of another one.
 */
export function contradictions(entries: readonly ConntrackEntry[], now: Publication): ConntrackEntry[] {
  const { published, backends, localAddresses } = now;
  const portsByKey = new Map(published.map((port) => [`${port.protocol} ${port.port}`, port]));
  const containers = new BlockList();
  const [network = '', length = ''] = now.subnet.split('/');
  containers.addSubnet(network, Number(length), 'ipv4');

  return entries.filter(({ protocol, original, reply }) => {
    const called = portsByKey.get(`${protocol} ${original.destinationPort}`);
    if (called && localAddresses.has(original.destination) && !original.destination.startsWith('127.')) {
      return reply.source !== backends.get(called.service);
    }
    // A flow that the SFU began, to a client or to a relay here: what comes back carries the published port.
    const answered = portsByKey.get(`${protocol} ${reply.destinationPort}`);
    if (answered && localAddresses.has(reply.destination) && containers.check(original.source)) {
      return original.source !== backends.get(answered.service);
    }
    return false;
  });
}
