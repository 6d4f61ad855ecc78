import { join } from 'node:path';
import type { ApplianceConfig } from '../../agent/config/schema.ts';
import type { Nft } from '../../agent/nftables/index.ts';
import type { Silence } from '../../agent/probes/types.ts';
import { readFingerprints } from '../../agent/reconcile/files-on-disk.ts';
import { observe } from '../../agent/reconcile/observe.ts';
import type { Observed } from '../../agent/reconcile/types.ts';
import { readSecrets } from '../../agent/stack/secrets.ts';
import type { Clock, Instant } from '../../agent/system/clock.ts';
import { config, images, storage } from '../unit/reconcile/world.ts';
import type { FakeEngine } from './fake-engine.ts';

export const SERVICES = ['livekit', 'coturn'] as const;
const serving = { ok: true, kind: 'http', latencyMs: 1, detail: 'answered' } as const;

/** Of the addresses of the machine that tests, none is the simulated one's: they come and go. */
const CONFIG: ApplianceConfig = { ...config, network: { ...config.network, addresses: ['192.0.2.1'] } };

/** The folders of a simulated appliance. */
export const foldersIn = (directory: string) => ({
  rendered: join(directory, 'stack'),
  secrets: join(directory, 'secrets'),
  data: join(directory, 'data'),
});

/** A machine that is well but for what befalls its engine and its rules; the prober hears what the fake engine is told. */
export function simulatedMachine(parts: {
  readonly clock: Clock;
  readonly world: FakeEngine;
  readonly nft: Nft;
  readonly directory: string;
}): () => Promise<Observed> {
  const { clock, world, nft } = parts;
  const folders = foldersIn(parts.directory);
  const silentSince = new Map<string, Instant>();

  function silences(): ReadonlyMap<string, Silence> {
    for (const service of SERVICES) {
      if (!world.isRunning(service) || !world.silent.has(service)) silentSince.delete(service);
      else if (!silentSince.has(service)) silentSince.set(service, clock.now());
    }
    return new Map([...silentSince].map(([service, since]) => [service, { since, misses: 9, served: true }]));
  }

  return () =>
    observe({
      engine: world.engine,
      engineUnit: world.unit,
      table: async () => ({ listing: await nft.list('inet', 'appliance'), readAt: clock.now() }),
      config: async () => CONFIG,
      secrets: () => readSecrets({ directory: folders.secrets }),
      certificates: async () => null,
      images: async () => images,
      // It never loses its power.
      tornImages: () => new Set(),
      forwardsIpv4: () => true,
      ipv6: async () => ({ forwarding: true, routedByAdvertisement: [] }),
      forwardPath: async () => ({
        known: true,
        value: {
          open: true,
          detail: '',
          rule: 'present',
          program: '/usr/sbin/iptables',
          inUse: [],
          ipv6: null,
        },
      }),
      dockerRules: async () => ({ known: false, why: 'not asked: there is a chain of Docker' }),
      verdicts: () =>
        new Map(
          SERVICES.filter(world.isRunning).map((service) => [
            service,
            { ...serving, ok: !world.silent.has(service) },
          ]),
        ),
      silences,
      storage: async () => storage,
      hardware: () => ({ known: false, why: 'nobody looked at it' }),
      filesOnDisk: () => readFingerprints(folders.rendered),
    });
}
