import { join } from 'node:path';
import { gatherDockerRules } from '../conditions/gather/docker-rules.ts';
import { readFingerprints } from '../reconcile/files-on-disk.ts';
import { forwardsIpv4, readIpv6Facts } from '../reconcile/forwarding-facts.ts';
import { observe } from '../reconcile/observe.ts';
import { observeStorage } from '../reconcile/observe-storage.ts';
import type { Observed } from '../reconcile/types.ts';
import { readCertificates } from '../stack/certificates.ts';
import { IMAGE_MANIFEST, readImages } from '../stack/images.ts';
import { keep } from '../system/keep.ts';
import { whileUnchanged } from '../system/while-unchanged.ts';
import type { Parts } from './parts.ts';
import type { Senses } from './senses.ts';

/**
 * `nft monitor` tells of each change to our table. The counters in it are told of by nobody: so old they may be in the
 * status, milliseconds. A rotation decides by them whether calls are silent, and must have those of now.
 */
const TABLE_KEPT_MS = 55_000;

/** A look at this machine; `afresh`: not even what seldom changes is taken from an earlier look. */
export function wireObservation(
  { clock, engine, engineUnit, nft, config, secrets, paths, ballast, memory }: Parts,
  { forwardPath, prober, slow }: Senses,
): (afresh: boolean) => Promise<Observed> {
  const table = keep(
    async () => {
      const readAt = clock.now();
      return { listing: await nft.list('inet', 'appliance'), readAt };
    },
    TABLE_KEPT_MS,
    clock,
  );
  const readSecrets = whileUnchanged([paths.secrets], secrets.read);
  const images = whileUnchanged([join(paths.images, IMAGE_MANIFEST)], () => readImages(paths.images));
  const filesOnDisk = whileUnchanged([paths.rendered], () => readFingerprints(paths.rendered));
  return (afresh) =>
    observe({
      engine,
      engineUnit,
      table: () => table(afresh || memory.rotations.all().size > 0),
      config: config.read,
      secrets: readSecrets,
      images,
      tornImages: memory.imageLoads.torn,
      certificates: (accepted) => readCertificates(accepted?.elementCall ?? null, new Date()),
      forwardPath: () => forwardPath(afresh),
      forwardsIpv4,
      ipv6: readIpv6Facts,
      dockerRules: () => gatherDockerRules(),
      verdicts: prober.verdicts,
      silences: prober.silences,
      storage: (images) => observeStorage({ paths, engine, ballast }, images),
      hardware: () => slow().hardware,
      filesOnDisk,
    });
}
