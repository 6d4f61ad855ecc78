import { formatBytes } from '../conditions/bytes.ts';
import { isLeftover } from '../engine/leftovers.ts';
import type { Compose, Engine } from '../engine/types.ts';
import type { EngineUnit } from '../engine/unit.ts';
import { cleanConntrack } from '../firewall/clean-conntrack.ts';
import type { Publication } from '../firewall/conntrack-entries.ts';
import { openForwardPath } from '../firewall/forward-path.ts';
import { managementText } from '../firewall/perimeter.ts';
import { convergence, type Nft, replacement } from '../nftables/index.ts';
import type { SecretRotation } from '../stack/rotate-secret.ts';
import { PROJECT, type RenderedFile, type StackImage } from '../stack/types.ts';
import type { Ballast } from '../system/ballast.ts';
import type { Clock } from '../system/clock.ts';
import { writeDuration } from '../system/durations.ts';
import { AgentError } from '../system/errors.ts';
import type { Run } from '../system/processes.ts';
import { loadImage } from './load-image.ts';
import type { Memory } from './memory.ts';
import { createPerimeterChanges } from './perimeter-changes.ts';
import type { Step } from './steps.ts';

type StepOf<Kind extends Step['kind']> = Extract<Step, { kind: Kind }>;

/** What each step needs of the world to be carried out. */
export interface ExecutorPorts {
  readonly run: Run;
  readonly nft: Nft;
  readonly engine: Engine;
  readonly compose: Compose;
  readonly clock: Clock;
  readonly memory: Memory;
  readonly makeSecrets: () => Promise<void>;
  readonly secretRotation: SecretRotation;
  readonly writeFiles: (files: readonly RenderedFile[]) => Promise<unknown>;
  readonly verifiedArchive: (image: StackImage) => Promise<string>;
  /** Resolves to the value before. */
  readonly setKernel: (setting: string, value: string) => Promise<string>;
  readonly engineUnit: EngineUnit;
  /** Asks the service manager to restart this machine. */
  readonly reboot: () => Promise<void>;
  readonly ballast: Ballast;
  /** Waits until everything that was written is on the disk. */
  readonly syncDisks: () => Promise<void>;
  /** On the filesystem of the agent's state, or of the engine's images. */
  readonly freeBytes: (where: 'state' | 'engineData') => Promise<number>;
  readonly composeFile: string;
  readonly publication: () => Omit<Publication, 'backends' | 'backends6'>;
}

/** As the stack's `stop_grace_period`; what has not ended by then is killed. */
const GRACE_SECONDS = 5;

const ROTATION_DONE: Readonly<
  Record<StepOf<'rotate-secret'>['to'], (secret: string, overlap: string) => string>
> = {
  prepared: (secret) => `made a new ${secret} secret`,
  switched: (secret) => `put the new ${secret} secret in use`,
  overlap: (secret, overlap) => `the old ${secret} secret stays good for ${overlap}`,
  over: (secret) => `withdrew the old ${secret} secret`,
};

/** Carries a step out; resolves to what was done, in the past tense, for the record. */
export type Executors = { readonly [Kind in Step['kind']]: (step: StepOf<Kind>) => Promise<string> };

/** The one map from a kind of step to its effect. */
export function createExecutors(ports: ExecutorPorts): Executors {
  const { run, nft, engine, compose, clock, memory } = ports;
  const perimeter = createPerimeterChanges(memory, clock);
  const loading = { engine, imageLoads: memory.imageLoads, syncDisks: ports.syncDisks };

  async function bringUp(
    services: readonly string[],
    forceRecreate: boolean,
    turnAddresses: readonly string[],
  ): Promise<void> {
    for (const container of await engine.containers(PROJECT)) {
      if (services.includes(container.service) && isLeftover(container))
        await engine.removeContainer(container.id);
    }
    await compose.up({ file: ports.composeFile, services, forceRecreate });
    if (services.includes('coturn')) memory.turnAddressesInUse(turnAddresses);
  }

  /** Does something for the sake of room, and tells how much there was and is. */
  async function freeing(where: 'state' | 'engineData', what: string, act: () => Promise<unknown>) {
    const before = await ports.freeBytes(where);
    await act();
    return `${what}: ${formatBytes(before)} were free, ${formatBytes(await ports.freeBytes(where))} are`;
  }

  return {
    'make-secrets': async () => {
      await ports.makeSecrets();
      return 'made the secrets of this appliance';
    },
    'rotate-secret': async ({ secret, to, overlapMs }) => {
      if (to === 'prepared') await ports.secretRotation.prepare(secret);
      // A second time: one that was cut off half-way reads as made, and is finished here.
      if (to === 'switched' || to === 'overlap') await ports.secretRotation.switchOver(secret);
      if (to === 'over') await ports.secretRotation.withdraw(secret);
      if (to === 'over') memory.rotations.forget(secret);
      else memory.rotations.note(secret, { phase: to, since: clock.now(), overlapMs });
      return ROTATION_DONE[to](secret, writeDuration(overlapMs));
    },
    'apply-table': async ({ table, occasion, present, why }) => {
      // A backend that moves is waited for by calls: what was seen a moment ago is changed, or nft refuses. What
      // somebody else touched is looked at anew, and written as a whole: a rule may look like ours and do otherwise.
      await nft.commit(
        occasion === 'change'
          ? convergence(table, present)
          : replacement(table, await nft.list(table.family, table.name)),
      );
      const listing = await nft.list(table.family, table.name);
      if (listing === null) {
        throw new AgentError({
          code: 'TABLE_VANISHED',
          message: `table ${table.family} ${table.name} was removed again right after it was applied`,
          hint: 'Something else on this machine flushes the ruleset: look for `nft flush ruleset` in its services.',
        });
      }
      memory.applied(table, listing);
      if (occasion === 'drift') memory.drifted(why, clock.now());
      return `applied table ${table.family} ${table.name}`;
    },
    'clean-conntrack': async ({ backends, backends6 }) => {
      const deleted = await cleanConntrack(run, { ...ports.publication(), backends, backends6 });
      memory.conntrackCleaned(clock.now());
      return `deleted ${deleted} connection tracking entries that led elsewhere`;
    },
    'try-perimeter': async ({ management, lastsMs }) => {
      perimeter.begin(management, lastsMs);
      return `put a perimeter on trial for ${writeDuration(lastsMs)}; open is ${managementText(management)}`;
    },
    'roll-back-perimeter': async ({ why }) => {
      perimeter.rollBack(why);
      return 'rolled the perimeter back to what was in force before';
    },
    'forget-perimeter': async () => {
      perimeter.forget();
      return 'ended the perimeter';
    },
    'open-forward-path': async ({ program }) => {
      await openForwardPath(run, program);
      return `let marked flows through in DOCKER-USER with ${program}`;
    },
    'set-kernel': async ({ setting, value }) => {
      const before = await ports.setKernel(setting, value);
      return `set ${setting} to ${value}; it was ${before}`;
    },
    'load-image': async ({ image }) => {
      await loadImage(loading, image.reference, await ports.verifiedArchive(image));
      return `loaded ${image.reference} from ${image.archive}`;
    },
    'remove-image': async ({ image }) => {
      // Before it is removed it is certain that it can be brought back.
      await ports.verifiedArchive(image);
      return freeing(
        'engineData',
        `removed ${image.reference} from the engine; ${image.archive} is kept`,
        () => engine.removeUnusedImage(image.reference),
      );
    },
    'make-ballast': ({ bytes }) =>
      freeing('state', `set ${formatBytes(bytes)} aside for a full disk`, () => ports.ballast.make(bytes)),
    'release-ballast': () =>
      freeing('state', 'gave back what was set aside for a full disk', ports.ballast.release),
    'write-files': async ({ files }) => {
      await ports.writeFiles(files);
      return `wrote ${files.map(({ path }) => path).join(', ')}`;
    },
    'compose-down': async ({ services }) => {
      await compose.down({ file: ports.composeFile, services });
      return `took the network down, with all that is on it: ${services.join(', ')}`;
    },
    'remove-services': async ({ services, containerIds }) => {
      // Asked to end first: a database is closed.
      await Promise.all(containerIds.map((id) => engine.stop(id)));
      for (const id of containerIds) await engine.removeContainer(id);
      for (const service of services) memory.release(service);
      return `removed ${services.join(', ')}; what they keep on disk stays`;
    },
    'remove-network': async ({ network }) => {
      await engine.removeNetwork(network.id);
      return `removed network ${network.name}`;
    },
    'compose-up': async ({ services, forceRecreate, turnAddresses }) => {
      await bringUp(services, forceRecreate, turnAddresses);
      return `${forceRecreate ? 'made anew' : 'brought up'}: ${services.join(', ')}`;
    },
    'restart-container': async ({ containerId }) => {
      await engine.restart(containerId, GRACE_SECONDS);
      return 'restarted it';
    },
    'reload-image': async ({ service, containerId, image, turnAddresses }) => {
      // Before anything is removed it is certain that it can be brought back.
      const archive = await ports.verifiedArchive(image);
      if (containerId !== null) await engine.removeContainer(containerId);
      await engine.removeImage(image.reference);
      await loadImage(loading, image.reference, archive);
      await bringUp([service], false, turnAddresses);
      return `loaded ${image.reference} anew from ${image.archive}, and made it anew`;
    },
    'restart-stack': async ({ services, turnAddresses }) => {
      await compose.down({ file: ports.composeFile, services });
      await bringUp(services, false, turnAddresses);
      return `made its network anew, with all that is on it: ${services.join(', ')}`;
    },
    'restart-engine': async () => {
      await ports.engineUnit.restart();
      return 'restarted the Docker Engine';
    },
    reboot: async () => {
      await ports.reboot();
      return 'asked for a restart of this machine';
    },
    'start-container': async ({ containerId }) => {
      await engine.start(containerId);
      return 'started it again';
    },
    'hold-service': async ({ service, why }) => {
      memory.hold({ service, reason: why, since: clock.now(), until: 'started', forMs: null });
      return 'put on hold';
    },
    'release-service': async ({ service }) => {
      memory.release(service);
      return 'released from hold';
    },
  };
}

/** Carries out any step. */
export function perform(executors: Executors, step: Step): Promise<string> {
  const execute = executors[step.kind] as (step: Step) => Promise<string>;
  return execute(step);
}
