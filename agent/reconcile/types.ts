import type { DiskSpace, Facts } from '../conditions/types.ts';
import type { HealingConfig } from '../config/healing.ts';
import type { ApplianceConfig } from '../config/schema.ts';
import type { ContainerObservation, EngineEvent, EngineNetwork } from '../engine/types.ts';
import type { EngineUnitState } from '../engine/unit.ts';
import type { ListedTable } from '../nftables/index.ts';
import type { TableSpec } from '../nftables/objects.ts';
import type { ProbeBudgets } from '../probes/budgets.ts';
import type { Silence, Verdict } from '../probes/types.ts';
import type { CertificateFiles } from '../stack/certificates.ts';
import type { Rotations } from '../stack/rotations.ts';
import type { RenderedFile, Secrets, ServiceDefinition, StackImage, StackNetworks } from '../stack/types.ts';
import type { Attempt, Death, Hold } from '../store/types.ts';
import type { Instant } from '../system/clock.ts';
import type { AgentError } from '../system/errors.ts';
import type { Ipv6Facts } from './forwarding-facts.ts';
import type { PerimeterRecord } from './perimeter.ts';
import type { Stillness } from './quiet.ts';
import type { RotationRecords } from './rotation-record.ts';

export type Seen<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

/** What the machine looks like, gathered at one moment. */
export interface Observed {
  /** Null while no configuration was ever accepted. */
  readonly config: ApplianceConfig | null;
  readonly secrets: Seen<Secrets | null>;
  readonly images: Seen<readonly StackImage[]>;
  /** The operator's certificate, null when the configuration names no files. */
  readonly certificates:
    | { readonly ok: true; readonly value: CertificateFiles | null }
    | { readonly ok: false; readonly error: AgentError };
  readonly engine: Seen<EngineState>;
  readonly engineUnit: EngineUnitState;
  readonly table: Seen<ListedTable | null>;
  /** When it was read, perhaps for an earlier look; null when it could not be. */
  readonly tableReadAt: Instant | null;
  readonly forwardPath: Facts['forwardPath'];
  /** Whether the kernel forwards IPv4 packets. */
  readonly forwardsIpv4: boolean;
  /** Null on a kernel without IPv6. */
  readonly ipv6: Ipv6Facts | null;
  readonly dockerRules: Facts['dockerRules'];
  /** Every address of this host, with its interface. */
  readonly addresses: readonly HostAddress[];
  /** Hash of each rendered file on disk, by its path: see `fingerprint`. */
  readonly filesOnDisk: ReadonlyMap<string, string>;
  readonly verdicts: ReadonlyMap<string, Verdict>;
  /** Services that run and did not answer when asked last. */
  readonly silences: ReadonlyMap<string, Silence>;
  readonly storage: Seen<StorageState>;
  /** Looked at on a beat of its own. */
  readonly hardware: Facts['hardware'];
}

export interface EngineState {
  readonly containers: readonly ContainerObservation[];
  readonly networks: readonly EngineNetwork[];
  /** When the engine started, milliseconds since the epoch by its own clock; null when that cannot be told. */
  readonly startedAtMs: number | null;
  /** References of the stack's images that the engine does not have, or not for certain as a whole. */
  readonly missingImages: readonly string[];
}

/** How much room is left. */
export interface StorageState {
  /** Of the filesystem with the agent's state, and of that with the engine's images. */
  readonly state: DiskSpace;
  readonly engineData: DiskSpace;
  readonly ballastBytes: number | null;
  /** What the engine has of other releases that are kept; looked for only where there is little room. */
  readonly oldImages: Seen<readonly StackImage[]>;
}

export interface HostAddress {
  readonly interfaceName: string;
  readonly address: string;
}

/** What the machine should look like. */
export interface Desired {
  readonly services: readonly ServiceDefinition[];
  readonly table: TableSpec;
  readonly backends: ReadonlyMap<string, string | null>;
  readonly backends6: ReadonlyMap<string, string | null>;
  readonly networks: StackNetworks;
  /** Addresses by which the world reaches this host though they are not local. */
  readonly publicAddresses: readonly string[];
  /** Addresses that coturn listens on. */
  readonly turnAddresses: readonly string[];
  readonly files: readonly RenderedFile[];
  readonly healing: HealingConfig;
  /** How patient the agent is with each service. */
  readonly budgets: ReadonlyMap<string, ProbeBudgets>;
  /** Why there are no files though all that goes into them is there; null when there are. */
  readonly refused: AgentError | null;
  /** Label `org.appliance-agent.generation` that each service's container must carry. */
  readonly generations: ReadonlyMap<string, string>;
  readonly images: readonly StackImage[];
  /** The secrets that can be rotated, and how. */
  readonly rotations: Rotations;
}

/** What was done and seen before, as far as decisions depend on it. */
export interface History {
  readonly holds: readonly Hold[];
  /** Attempts at steps that heal nobody, not yet followed by success, by `attemptKey`; oldest first. */
  readonly attempts: ReadonlyMap<string, readonly Instant[]>;
  /** What was tried to bring services and the engine back, oldest first. */
  readonly ledger: readonly Attempt[];
  /** How processes of services ended, other than by us or by request; oldest first. */
  readonly deaths: readonly Death[];
  /** Since when nothing may be changed, for the agent itself may do harm; null when it acts. */
  readonly restrainedSince: Instant | null;
  /** What steps under way are changing now: see `occupies`. */
  readonly underWay: ReadonlySet<string>;
  /** Since when the engine has not answered; null while it does. */
  readonly engineSilentSince: Instant | null;
  /** The last `stop` of each container that the event stream told of and no `start` followed. */
  readonly stops: ReadonlyMap<string, StopSeen>;
  /** When this run began, and since when it follows the engine's events; null while it does not. */
  readonly startedAt: Instant;
  readonly watchingSince: Instant | null;
  /** When each container was made, as far as the event stream tells; it is forgotten once that starts. */
  readonly creations: ReadonlyMap<string, Instant>;
  /** What the engine was asked to send to each container since that was started. */
  readonly kills: ReadonlyMap<string, KillSeen>;
  readonly conntrackCleanedAt: Instant | null;
  /** What we committed last, and how nft listed it right after; null until this run has seen them agree. */
  readonly applied: { readonly spec: TableSpec; readonly listing: ListedTable } | null;
  /** A table and a listing of it that were compared and agree; null while there is no such pair. */
  readonly converged: { readonly spec: TableSpec; readonly listing: ListedTable } | null;
  /** The last time that somebody else changed our table. */
  readonly lastDrift: { readonly at: Instant; readonly what: string } | null;
  /** Addresses that the running coturn was configured with. */
  readonly turnAddresses: readonly string[] | null;
  readonly perimeter: PerimeterRecord;
  readonly rotations: RotationRecords;
  /** How long the SFU has sent nothing to anybody; null while that is not known. */
  readonly stillness: Stillness | null;
}

/** A `stop` event: when it reached us, and when it happened by the engine's clock (milliseconds since the epoch). */
export interface StopSeen {
  readonly seenAt: Instant;
  readonly engineMs: number;
}

/**
 * An event, and what was known when it came: a container that is started again, or removed, makes its `kill` a thing of
 * the past, though its `die` may not have been looked at yet.
 */
export interface NotedEvent extends EngineEvent {
  /** What the engine was asked to send to the container before; null when nobody asked, as for a crash. */
  readonly kill: KillSeen | null;
}

/** A `kill` event, which `docker stop` and `docker kill` both begin with, and the `die` that followed. */
export interface KillSeen {
  readonly signal: number | null;
  readonly askedAt: Instant;
  readonly diedAt: Instant | null;
}
