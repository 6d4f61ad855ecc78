import { gatherDockerRules } from '../conditions/gather/docker-rules.ts';
import { forwardsIpv4, readIpv6Facts } from '../reconcile/forwarding-facts.ts';
import { observe } from '../reconcile/observe.ts';
import { observeStorage } from '../reconcile/observe-storage.ts';
import type { Observed } from '../reconcile/types.ts';
import { readCertificates } from '../stack/certificates.ts';
import { readImages } from '../stack/images.ts';
import type { Parts } from './parts.ts';
import type { Senses } from './senses.ts';

/** A look at this machine; `afresh`: not even what seldom changes is taken from an earlier look. */
export function wireObservation(
  { engine, engineUnit, nft, config, secrets, paths, ballast }: Parts,
  { forwardPath, prober, slow }: Senses,
): (afresh: boolean) => Promise<Observed> {
  return (afresh) =>
    observe({
      engine,
      engineUnit,
      nft,
      config: config.read,
      secrets: secrets.read,
      images: () => readImages(paths.images),
      certificates: (accepted) => readCertificates(accepted?.elementCall ?? null, new Date()),
      forwardPath: () => forwardPath(afresh),
      forwardsIpv4,
      ipv6: readIpv6Facts,
      dockerRules: () => gatherDockerRules(),
      verdicts: prober.verdicts,
      silences: prober.silences,
      storage: (images) => observeStorage({ paths, engine, ballast }, images),
      hardware: () => slow().hardware,
      renderedDirectory: paths.rendered,
    });
}
