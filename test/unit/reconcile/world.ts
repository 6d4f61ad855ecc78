import { type ApplianceConfig, DEFAULT_CONFIG } from '../../../agent/config/schema.ts';
import type { ContainerObservation } from '../../../agent/engine/types.ts';
import { convergence, createFakeNft, type ListedTable } from '../../../agent/nftables/index.ts';
import type { TableSpec } from '../../../agent/nftables/objects.ts';
import { desiredState } from '../../../agent/reconcile/desired.ts';
import { fingerprint } from '../../../agent/reconcile/files-to-write.ts';
import { NO_PERIMETER } from '../../../agent/reconcile/perimeter.ts';
import type { Desired, History, Observed, StorageState } from '../../../agent/reconcile/types.ts';
import { embeddedStack } from '../../../agent/stack/embedded/stack.ts';
import type { Secrets, StackImage } from '../../../agent/stack/types.ts';
import type { Instant } from '../../../agent/system/clock.ts';
import { freshContainer } from '../../support/fake-container.ts';

/** A machine on paper: what a healthy appliance looks like, to be changed by each test in what it is about. */
export const DIRECTORY = '/var/lib/appliance-agent/stack';
export const config: ApplianceConfig = DEFAULT_CONFIG;

export const secrets: Secrets = {
  turn: 'a'.repeat(64),
  turnLegacy: 'b'.repeat(64),
  livekitKey: `API${'c'.repeat(12)}`,
  livekitSecret: 'd'.repeat(64),
  redis: 'e'.repeat(64),
  next: {},
  previous: {},
};

export const at = (monotonicMs: number, bootId = 'boot-1'): Instant => ({
  bootId,
  monotonicMs,
  wall: new Date(Date.UTC(2026, 0, 1) + monotonicMs).toISOString(),
});

export const images: readonly StackImage[] = ['livekit', 'coturn'].map((service) => ({
  service,
  reference: `appliance-agent/${service}:1`,
  imageId: `sha256:${'0'.repeat(64)}`,
  archive: `${service}.tar`,
  archiveSha256: '0'.repeat(64),
}));

export const history: History = {
  holds: [],
  attempts: new Map(),
  ledger: [],
  deaths: [],
  restrainedSince: null,
  underWay: new Set(),
  engineSilentSince: null,
  stops: new Map(),
  kills: new Map(),
  creations: new Map(),
  startedAt: at(-3_600_000),
  watchingSince: at(-3_600_000),
  conntrackCleanedAt: at(0),
  applied: null,
  lastDrift: null,
  turnAddresses: ['192.0.2.10'],
  perimeter: NO_PERIMETER,
  rotations: new Map(),
  stillness: null,
  converged: null,
};

export async function listingOf(table: TableSpec): Promise<ListedTable> {
  const nft = createFakeNft();
  await nft.commit(convergence(table, null));
  const listed = await nft.list(table.family, table.name);
  if (listed === null) throw new Error('the fake lost the table');
  return listed;
}

export const container = (
  service: string,
  generation: string,
  changes: Partial<ContainerObservation> = {},
): ContainerObservation => ({
  ...freshContainer(service, generation, `${service}-id`),
  imageId: `sha256:${'0'.repeat(64)}`,
  state: 'running',
  exitCode: null,
  pid: 100,
  startedAt: '2026-01-01T00:00:00Z',
  ipv4: service === 'livekit' ? '172.30.5.2' : null,
  ipv6: service === 'livekit' ? 'fd4a:9c1e:7d30:5::2' : null,
  ...changes,
});

const roomy = { availableBytes: 20 * 1024 ** 3, sizeBytes: 50 * 1024 ** 3, files: null };

/** A disk with plenty of room, and some set aside. */
export const storage: StorageState = {
  state: roomy,
  engineData: roomy,
  ballastBytes: 64 * 1024 ** 2,
  oldImages: { ok: true, value: [] },
};

const bare: Observed = {
  config,
  certificates: { ok: true, value: null },
  secrets: { ok: true, value: secrets },
  images: { ok: true, value: images },
  engine: { ok: true, value: { containers: [], networks: [], missingImages: [], startedAtMs: 0 } },
  engineUnit: { kind: 'other' },
  table: { ok: true, value: null },
  tableReadAt: at(0),
  forwardsIpv4: true,
  ipv6: { forwarding: true, routedByAdvertisement: [] },
  forwardPath: {
    known: true,
    value: {
      open: true,
      detail: 'accepted',
      rule: 'present',
      program: '/usr/sbin/iptables',
      inUse: ['iptables'],
      ipv6: null,
    },
  },
  dockerRules: { known: true, value: { backend: 'iptables', masquerade: true, evidence: 'by default' } },
  addresses: [{ interfaceName: 'eth0', address: '192.0.2.10' }],
  filesOnDisk: new Map(),
  verdicts: new Map(),
  silences: new Map(),
  storage: { ok: true, value: storage },
  hardware: { known: false, why: 'nobody looked at it' },
};

export function desire(observed: Observed, past: History = history, now: Instant = at(0)): Desired {
  const desired = desiredState(
    embeddedStack,
    { rendered: DIRECTORY, data: '/var/lib/appliance-agent/data' },
    observed,
    past,
    now,
  );
  if (desired === null) throw new Error('there is a configuration');
  return desired;
}

/** A machine on which everything is as it should be, but for the given changes of its containers. */
export async function healthy(
  changes: Readonly<Record<string, Partial<ContainerObservation> | 'absent'>> = {},
): Promise<Observed> {
  const { generations } = desire(bare);
  const containers = ['livekit', 'coturn'].flatMap((service) => {
    const change = changes[service] ?? {};
    return change === 'absent' ? [] : [container(service, generations.get(service) ?? '', change)];
  });
  const observed: Observed = {
    ...bare,
    engine: { ok: true, value: { containers, networks: [], missingImages: [], startedAtMs: 0 } },
  };
  const { files, table } = desire(observed);
  const filesOnDisk = new Map(files.map((file) => [file.path, fingerprint(file)]));
  return { ...observed, filesOnDisk, table: { ok: true, value: await listingOf(table) } };
}
