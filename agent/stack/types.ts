import type { ApplianceConfig } from '../config/schema.ts';
import type { CertificateFiles } from './certificates.ts';
import type { Rotations } from './rotations.ts';

export type Protocol = 'tcp' | 'udp';

/** A port that the agent publishes: DNAT from the host's addresses to the container of `service`, same port. */
export interface PublishedPort {
  readonly protocol: Protocol;
  readonly port: number;
  readonly service: string;
  /** The IPv4 addresses to which it is open; absent: it is open to everybody. */
  readonly from?: readonly string[];
}

/** Ports on which a host-network service listens itself; accepted on input, not translated. */
export interface OpenPorts {
  readonly protocol: Protocol;
  readonly from: number;
  readonly to: number;
  readonly service: string;
}

export interface ServiceDefinition {
  readonly name: string;
  readonly network: 'bridge' | 'host';
  readonly published: readonly PublishedPort[];
  readonly open: readonly OpenPorts[];
  /** Services that must serve before a fault of this one means anything. */
  readonly dependsOn: readonly string[];
  /** Of a service that sends where its clients say. */
  readonly relay?: Relay;
  /**
   * Of a service that is locked in: the services that it may open connections to, and nothing else anywhere. It is on
   * `LOCKED_NETWORK` alone, and of the others just these are there too. Absent: whatever it likes.
   */
  readonly egress?: readonly string[];
}

/** A relay on the host network: the rules know its packets by its user, and limit new flows to its port. */
export interface Relay {
  /** A user that nothing else on the machine runs as. */
  readonly uid: number;
  readonly port: number;
}

/** A bridge network of the stack. */
export interface NetworkDefinition {
  /** Its name in the compose file. */
  readonly name: string;
  /** Name of its interface on this host, which the rules rely on: at most 15 characters. */
  readonly bridge: string;
  /** e.g. `172.30.5.0/24`. */
  readonly subnet: string;
  /** Null when it has no IPv6. */
  readonly subnet6: string | null;
}

/** The network of a service whose `egress` is locked: what it sends does not pass the edge of this network. */
export interface LockedNetwork extends NetworkDefinition {
  readonly locks: string;
}

/** The network on which services are published, and then those of locked services. */
export type StackNetworks = readonly [published: NetworkDefinition, ...locked: LockedNetwork[]];

/** A file of the stack as it must be on disk. */
export interface RenderedFile {
  /** Relative to `Paths.rendered`, e.g. `compose.yaml`. */
  readonly path: string;
  readonly content: string;
  readonly mode: number;
  readonly owner: { readonly uid: number; readonly gid: number };
  /** True when the content must not appear in a log, a diff or an error. */
  readonly secret: boolean;
}

/** Shared secrets, each of those who are named with it. */
export interface SecretValues {
  /** TURN REST credentials of calls: coturn, LiveKit, the agent's probe. */
  readonly turn: string;
  /** The same of calls without LiveKit: coturn, Tuwunel. */
  readonly turnLegacy: string;
  /** Name of the key that signs tokens. */
  readonly livekitKey: string;
  /** That key: LiveKit, lk-jwt-service, the agent's probe. */
  readonly livekitSecret: string;
  /** Password of the Redis that LiveKits of several appliances share. */
  readonly redis: string;
}

/** Those in use, and during a rotation what is good beside them. */
export interface Secrets extends SecretValues {
  /** What will take their place: accepted already where that can be had, and used by nobody. */
  readonly next: Partial<SecretValues>;
  /** What was in their place: still accepted, and used by nobody any more. */
  readonly previous: Partial<SecretValues>;
}

/** An image of the stack: where it is loaded from when the engine does not have it. Read from `images.json`. */
export interface StackImage {
  readonly service: string;
  readonly reference: string;
  readonly imageId: string;
  /** File name below `Paths.images`. */
  readonly archive: string;
  readonly archiveSha256: string;
}

export interface RenderInput {
  readonly config: ApplianceConfig;
  /** Null unless the configuration names files. */
  readonly certificates: CertificateFiles | null;
  /** IPv4 addresses that coturn listens on and relays from; never empty. */
  readonly addresses: readonly string[];
  readonly secrets: Secrets;
  readonly images: readonly StackImage[];
  /** Absolute folder of the rendered files, for bind mounts. */
  readonly directory: string;
  /** Absolute folder of what services keep: see `Stack.data`. */
  readonly dataDirectory: string;
}

/** A folder below `Paths.data` that a service writes to. It is made once and never touched again. */
export interface DataDirectory {
  readonly name: string;
  readonly owner: { readonly uid: number; readonly gid: number };
}

/** What is asked of a service to see that it serves; as data. */
export type ProbeSpec =
  | { readonly kind: 'http'; readonly url: string /** Absent: any will do. */; readonly body?: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'tcp-echo'; readonly host: string; readonly port: number }
  | { readonly kind: 'udp-echo'; readonly host: string; readonly port: number }
  | { readonly kind: 'stun'; readonly host: string; readonly port: number }
  /** An authenticated relay to a peer, asked for at a slower beat than the others. */
  | {
      readonly kind: 'turn-relay';
      readonly host: string;
      readonly port: number;
      readonly transport: 'udp' | 'tcp';
      readonly peer: { readonly address: string; readonly port: number };
      readonly echo: boolean;
    };

/** Where a service is asked. */
export interface ProbePlaces {
  /** The service's container address; null while it has none. */
  readonly backend: string | null;
  /** An address of this machine that coturn serves. */
  readonly host: string;
  /** What clients call it by: the public address in front of it, if there is one. */
  readonly publicHost: string;
}

/** A stack: pure descriptions, runs nothing. */
export interface Stack {
  readonly name: ApplianceConfig['stack'];
  readonly services: (config: ApplianceConfig) => readonly ServiceDefinition[];
  readonly networks: (config: ApplianceConfig) => StackNetworks;
  readonly data: readonly DataDirectory[];
  readonly rotations: Rotations;
  /** Error: RENDER_REFUSED when a service would not take what is made of this configuration. */
  readonly render: (input: RenderInput) => readonly RenderedFile[];
  /** The label by which each service's container is known to be made of these files. */
  readonly generations: (files: readonly RenderedFile[]) => ReadonlyMap<string, string>;
  /** Probes that must all succeed. */
  readonly probes: (service: string, at: ProbePlaces) => readonly ProbeSpec[];
}

/** The compose project; a fixed name that rules and checks rely on. */
export const PROJECT = 'appliance';

/**
 * The network on which services are published and by which they reach the world, and its interface on this host. Of
 * the networks of a container Docker takes the first by name for its default route: no other name may sort before it.
 */
export const NETWORK = 'rtc';
export const BRIDGE = 'br-appliance';

/** The network of a service whose egress is locked, and its interface. */
export const LOCKED_NETWORK = 'token';
export const LOCKED_BRIDGE = 'br-appl-token';
