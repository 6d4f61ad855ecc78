import { BlockList, isIPv6 } from 'node:net';
import type { Protocol, PublishedPort } from '../stack/types.ts';

const familyOf = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4');
const isLoopback = (address: string) => address === '::1' || address.startsWith('127.');

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
  readonly backends6: ReadonlyMap<string, string | null>;
  /** The subnets of the containers, of both families, e.g. `172.30.5.0/24`. */
  readonly subnets: readonly string[];
  /** Addresses by which this host is reached, its own and those that a router in front of it translates. */
  readonly localAddresses: ReadonlySet<string>;
}

/**
 * The entries that send packets for a published port somewhere else than to its backend: to an address that
 * the service had before, or to this host itself. Nothing else is touched, least of all a flow of this host to
 * the same port of another one.
 */
export function contradictions(entries: readonly ConntrackEntry[], now: Publication): ConntrackEntry[] {
  const { published, localAddresses } = now;
  const portsByKey = new Map(published.map((port) => [`${port.protocol} ${port.port}`, port]));
  const containers = new BlockList();
  for (const subnet of now.subnets) {
    const [network = '', length = ''] = subnet.split('/');
    containers.addSubnet(network, Number(length), familyOf(network));
  }

  return entries.filter(({ protocol, original, reply }) => {
    const backends = familyOf(original.source) === 'ipv6' ? now.backends6 : now.backends;
    const called = portsByKey.get(`${protocol} ${original.destinationPort}`);
    if (called && localAddresses.has(original.destination) && !isLoopback(original.destination)) {
      return reply.source !== backends.get(called.service);
    }
    // A flow that the SFU began, to a client or to a relay here: what comes back carries the published port.
    const answered = portsByKey.get(`${protocol} ${reply.destinationPort}`);
    if (
      answered &&
      localAddresses.has(reply.destination) &&
      containers.check(original.source, familyOf(original.source))
    ) {
      return original.source !== backends.get(answered.service);
    }
    return false;
  });
}
