import { existsSync } from 'node:fs';
import { copyFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Nft } from '../../agent/nftables/index.ts';
import { desiredState } from '../../agent/reconcile/desired.ts';
import { createExecutors } from '../../agent/reconcile/executors.ts';
import { createIncidentLog } from '../../agent/reconcile/incident-log.ts';
import { createLastLook } from '../../agent/reconcile/last-look.ts';
import { createLoop, type Loop } from '../../agent/reconcile/loop.ts';
import type { Memory } from '../../agent/reconcile/memory.ts';
import type { Desired, Observed } from '../../agent/reconcile/types.ts';
import { embeddedStack } from '../../agent/stack/embedded/stack.ts';
import { createSecretRotation, type SecretRotation } from '../../agent/stack/rotate-secret.ts';
import type { RotatedName } from '../../agent/stack/rotations.ts';
import { writeRendered } from '../../agent/stack/write-rendered.ts';
import type { Store } from '../../agent/store/types.ts';
import type { Clock } from '../../agent/system/clock.ts';
import type { FakeEngine } from './fake-engine.ts';
import type { Life } from './mortality.ts';
import { foldersIn } from './simulated-machine.ts';

export interface SimulatedAgent {
  readonly loop: Loop;
  readonly desire: (seen: Observed) => Desired | null;
}

const unexpected = () => Promise.reject(new Error('the disk has room'));
const each = (services: readonly string[], what: string) =>
  services.map((service) => `${what} ${service}`).join(', ');

/** The real loop and executors in one life of an agent: each act on the world is one at which it may die. */
export function simulatedAgent(parts: {
  readonly clock: Clock;
  readonly store: Store;
  readonly memory: Memory;
  readonly life: Life;
  readonly world: FakeEngine;
  readonly nft: Nft;
  readonly directory: string;
  readonly observe: () => Promise<Observed>;
}): SimulatedAgent {
  const { clock, store, memory, life, world, nft } = parts;
  const folders = foldersIn(parts.directory);
  const look = createLastLook();

  // The files belong to other users, and the tests need no root.
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  function desire(seen: Observed): Desired | null {
    const desired = desiredState(embeddedStack, folders, seen, memory.history(), clock.now());
    return desired && { ...desired, files: desired.files.map((file) => ({ ...file, owner })) };
  }

  const loop = createLoop({
    clock,
    store,
    memory,
    incidents: createIncidentLog(store, memory.died),
    observe: parts.observe,
    desire,
    executors: createExecutors({
      run: async () => ({ exitCode: 0, stdout: '', stderr: '', durationMs: 1 }),
      nft: { ...nft, commit: (transaction) => life.act('rules', () => nft.commit(transaction)) },
      engine: mortalEngine(world, life),
      compose: {
        ...world.compose,
        up: (options) => life.act(each(options.services, 'up'), () => world.compose.up(options)),
        down: (options) => life.act('down', () => world.compose.down(options)),
      },
      clock,
      memory,
      makeSecrets: async () => undefined,
      secretRotation: mortalRotation(folders.secrets, life),
      writeFiles: (files) => life.act('files', () => writeRendered(files, folders.rendered)),
      verifiedArchive: (image) => life.wait(image.archive),
      composeFile: join(folders.rendered, 'compose.yaml'),
      engineUnit: {
        ...world.unit,
        restart: () => life.act('restart the engine', () => world.unit.restart()),
      },
      ballast: { size: async () => 0, make: unexpected, release: unexpected },
      freeBytes: unexpected,
      syncDisks: () => life.wait(undefined),
      reboot: () => Promise.reject(new Error('a test must not restart the machine')),
      setKernel: () => Promise.reject(new Error('a test must not change the kernel')),
      publication: () => ({
        published: look.published(),
        subnets: look.subnets(),
        localAddresses: new Set(),
      }),
    }),
    onObserved: look.note,
    report: async () => undefined,
    log: { info: () => undefined, error: () => undefined },
  });
  return { loop, desire };
}

function mortalEngine({ engine }: FakeEngine, life: Life): FakeEngine['engine'] {
  return {
    ...engine,
    start: (id) => life.act(`start ${id}`, () => engine.start(id)),
    restart: (id, grace) => life.act(`restart ${id}`, () => engine.restart(id, grace)),
    loadImage: (archive) => life.act(`load ${archive}`, () => engine.loadImage(archive)),
    removeContainer: (id) => life.act(`remove ${id}`, () => engine.removeContainer(id)),
    removeImage: (image) => life.act(`remove ${image}`, () => engine.removeImage(image)),
  };
}

function mortalRotation(secrets: string, life: Life): SecretRotation {
  const rotation = createSecretRotation(secrets);
  return {
    prepare: (name) => life.act(`prepare ${name}`, () => rotation.prepare(name)),
    async switchOver(name) {
      await life.act(`begin to switch ${name}`, () => beginSwitch(secrets, name));
      await life.act(`switch ${name}`, () => rotation.switchOver(name));
    },
    withdraw: (name) => life.act(`withdraw ${name}`, () => rotation.withdraw(name)),
  };
}

/** What a switch that is cut off half-way leaves. */
async function beginSwitch(directory: string, name: RotatedName): Promise<void> {
  if (!existsSync(join(directory, `${name}.next`))) return;
  await copyFile(join(directory, name), join(directory, `${name}.previous`));
  await rename(join(directory, `${name}.next`), join(directory, `${name}.switching`));
}
