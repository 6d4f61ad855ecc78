import { networkInterfaces } from 'node:os';
import type { Facts } from '../conditions/types.ts';
import type { ApplianceConfig } from '../config/schema.ts';
import type { Engine } from '../engine/types.ts';
import type { EngineUnit, EngineUnitState } from '../engine/unit.ts';
import type { ListedTable } from '../nftables/index.ts';
import type { Lives, Silence, Verdict } from '../probes/types.ts';
import type { CertificateFiles } from '../stack/certificates.ts';
import { PROJECT, type Secrets, type StackImage } from '../stack/types.ts';
import type { Instant } from '../system/clock.ts';
import { AgentError } from '../system/errors.ts';
import type { Ipv6Facts } from './forwarding-facts.ts';
import { livesOf } from './lives.ts';
import { seen } from './seen.ts';
import type { EngineState, HostAddress, Observed, StorageState } from './types.ts';

/** Our table as the kernel had it, null when there was none, and when that was. */
export interface TableReading {
  readonly listing: ListedTable | null;
  readonly readAt: Instant;
}

export interface ObservePorts {
  readonly engine: Engine;
  readonly engineUnit: EngineUnit;
  readonly table: () => Promise<TableReading>;
  readonly config: () => Promise<ApplianceConfig | null>;
  /** Null when they have not been made yet; rejects when what is there cannot be right. */
  readonly secrets: () => Promise<Secrets | null>;
  readonly images: () => Promise<readonly StackImage[]>;
  /** References of the images that the engine may have with parts missing. */
  readonly tornImages: () => ReadonlySet<string>;
  /** Rejects with an AgentError when what is there cannot be used. */
  readonly certificates: (config: ApplianceConfig | null) => Promise<CertificateFiles | null>;
  readonly forwardPath: () => Promise<Facts['forwardPath']>;
  readonly forwardsIpv4: () => boolean;
  /** Null on a kernel without IPv6. */
  readonly ipv6: () => Promise<Ipv6Facts | null>;
  /** Asked only where Docker has no chain: it looks through all processes. */
  readonly dockerRules: () => Promise<Facts['dockerRules']>;
  /** Of these lives; null: the engine does not tell whether others began. */
  readonly verdicts: (lives: Lives | null) => ReadonlyMap<string, Verdict>;
  readonly silences: (lives: Lives | null) => ReadonlyMap<string, Silence>;
  readonly storage: (images: readonly StackImage[]) => Promise<StorageState>;
  readonly hardware: () => Facts['hardware'];
  /** Fingerprints of the rendered files that are there, by relative path. */
  readonly filesOnDisk: () => Promise<ReadonlyMap<string, string>>;
}

/** Looks at everything at once; what cannot be seen is said, not guessed. Nothing is changed. */
export async function observe(ports: ObservePorts): Promise<Observed> {
  const images = await seen(ports.images());
  const [config, secrets, engine, table, forwardPath, forwardsIpv4, ipv6, filesOnDisk, storage] =
    await Promise.all([
      ports.config(),
      seen(ports.secrets()),
      seen(observeEngine(ports.engine, images.ok ? images.value : [], ports.tornImages())),
      seen(ports.table()),
      ports.forwardPath(),
      ports.forwardsIpv4(),
      ports.ipv6(),
      ports.filesOnDisk(),
      seen(ports.storage(images.ok ? images.value : [])),
    ]);
  const lives = engine.ok ? livesOf(engine.value.containers) : null;
  return {
    config,
    certificates: await seenCertificates(ports.certificates(config)),
    secrets,
    images,
    engine,
    engineUnit: await observeEngineUnit(ports.engineUnit, engine.ok),
    table: table.ok ? { ok: true, value: table.value.listing } : table,
    tableReadAt: table.ok ? table.value.readAt : null,
    forwardPath,
    forwardsIpv4,
    ipv6,
    dockerRules: await observeDockerRules(forwardPath, ports.dockerRules),
    addresses: hostAddresses(),
    filesOnDisk,
    verdicts: ports.verdicts(lives),
    silences: ports.silences(lives),
    storage,
    hardware: ports.hardware(),
  };
}

/** Its chain tells that Docker keeps its rules with iptables; where there is none, Docker may have been told so. */
async function observeDockerRules(
  forwardPath: Facts['forwardPath'],
  ask: ObservePorts['dockerRules'],
): Promise<Facts['dockerRules']> {
  if (!forwardPath.known) return forwardPath;
  if (forwardPath.value.rule === 'no-chain') return ask();
  return {
    known: true,
    value: { backend: 'iptables', masquerade: true, evidence: 'there is a chain DOCKER-USER' },
  };
}

async function observeEngine(
  engine: Engine,
  images: readonly StackImage[],
  torn: ReadonlySet<string>,
): Promise<EngineState> {
  const [containers, networks] = await Promise.all([engine.containers(PROJECT), engine.networks()]);
  // By reference alone: it carries a hash of the content, and engines differ in what they call an image's id.
  const named = new Set(containers.filter(({ imageNamed }) => imageNamed).map(({ image }) => image));
  const isMissing = async (reference: string) =>
    torn.has(reference) || (!named.has(reference) && (await engine.imageId(reference)) === null);
  const asked = await Promise.all(
    images.map(async ({ reference }) => ((await isMissing(reference)) ? [reference] : [])),
  );
  const missingImages = asked.flat();
  const created = networks.find(({ name }) => name === 'bridge')?.createdAt;
  return {
    containers,
    networks,
    missingImages,
    startedAtMs: created === undefined ? null : Date.parse(created),
  };
}

/** The service manager is asked only about an engine that does not answer. */
async function observeEngineUnit(unit: EngineUnit, answers: boolean): Promise<EngineUnitState> {
  if (!unit.available) return { kind: 'none' };
  if (answers) return { kind: 'other' };
  return unit.state();
}

/** The addresses of this host's interfaces that are up. */
export function hostAddresses(): HostAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([interfaceName, addresses = []]) =>
    addresses.map(({ address }) => ({ interfaceName, address })),
  );
}

async function seenCertificates(read: Promise<CertificateFiles | null>): Promise<Observed['certificates']> {
  try {
    return { ok: true, value: await read };
  } catch (error) {
    if (error instanceof AgentError) return { ok: false, error };
    throw error;
  }
}
