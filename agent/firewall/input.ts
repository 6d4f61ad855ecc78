import type { LockedNetwork, NetworkDefinition, OpenPorts, PublishedPort, Relay } from '../stack/types.ts';
import type { Family } from './families.ts';
import type { Perimeter } from './perimeter.ts';

/** What the rules are made from. */
export interface FirewallInput {
  readonly published: readonly PublishedPort[];
  readonly open: readonly OpenPorts[];
  readonly relays: readonly Relay[];
  /** IPv4 address of the container of each bridge service, null while it has none: its ports are then closed. */
  readonly backends: ReadonlyMap<string, string | null>;
  /** The same for IPv6. */
  readonly backends6: ReadonlyMap<string, string | null>;
  /** The network on which services are published. */
  readonly network: NetworkDefinition;
  readonly locked: readonly LockedNetwork[];
  /** Addresses by which the world reaches this host though they are not local (1:1 NAT). */
  readonly publicAddresses: readonly string[];
  /** The host's own address behind each public IPv4 address. */
  readonly hostBehind: ReadonlyMap<string, string>;
  /** Whether containers reach the outside by our masquerade, because Docker was told to write no rules. */
  readonly masquerade: boolean;
  readonly perimeter: Perimeter;
  /** Whether a perimeter lets those in who look for this machine by mDNS. */
  readonly mdns: boolean;
}

/** A network's subnet of a family: none, or one. */
export function subnetsOf({ suffix }: Family, { subnet, subnet6 }: NetworkDefinition): readonly string[] {
  if (suffix === '4') return [subnet];
  return subnet6 === null ? [] : [subnet6];
}
