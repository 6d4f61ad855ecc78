import { join } from 'node:path';
import { spaceOf } from '../conditions/gather/disks.ts';
import { createExecutors } from '../reconcile/executors.ts';
import { hostAddresses } from '../reconcile/observe.ts';
import { makeDataDirectories } from '../stack/data-directories.ts';
import { verifyArchive } from '../stack/images.ts';
import { createSecretRotation } from '../stack/rotate-secret.ts';
import { writeRendered } from '../stack/write-rendered.ts';
import { setKernelSetting } from '../system/kernel-settings.ts';
import { reboot } from '../system/reboot.ts';
import { syncDisks } from '../system/sync-disks.ts';
import type { Parts } from './parts.ts';

/** The executors of the steps of a plan, on this machine. */
export function wireExecutors(parts: Parts) {
  const { run, nft, engine, compose, clock, memory, engineUnit, paths, look, store } = parts;
  return createExecutors({
    run,
    nft,
    engine,
    compose,
    clock,
    memory,
    makeSecrets: parts.secrets.make,
    secretRotation: createSecretRotation(paths.secrets),
    writeFiles: async (files) => {
      await makeDataDirectories(parts.stack().data, paths.data);
      return writeRendered(files, paths.rendered);
    },
    verifiedArchive: (image) => verifyArchive(image, paths.images),
    setKernel: setKernelSetting,
    engineUnit,
    reboot: () => reboot(run, parts.underSystemd),
    syncDisks: () => syncDisks(run),
    ballast: {
      ...parts.ballast,
      async release() {
        const taken = await parts.ballast.release();
        // That is what it was kept for.
        store.retry();
        return taken;
      },
    },
    freeBytes: async (where) =>
      (await spaceOf(where === 'state' ? paths.stateDirectory : paths.engineData)).availableBytes,
    composeFile: join(paths.rendered, 'compose.yaml'),
    publication: () => ({
      published: look.published(),
      subnets: look.subnets(),
      localAddresses: new Set([...hostAddresses().map(({ address }) => address), ...look.publicAddresses()]),
    }),
  });
}
