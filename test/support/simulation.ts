import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ApplianceConfig } from '../../agent/config/schema.ts';
import { differences, type Nft } from '../../agent/nftables/index.ts';
import type { Silence } from '../../agent/probes/types.ts';
import { desiredState } from '../../agent/reconcile/desired.ts';
import { createExecutors } from '../../agent/reconcile/executors.ts';
import { readFingerprints } from '../../agent/reconcile/files-on-disk.ts';
import { createIncidentLog } from '../../agent/reconcile/incident-log.ts';
import { createLastLook } from '../../agent/reconcile/last-look.ts';
import { createLoop, type Loop } from '../../agent/reconcile/loop.ts';
import { createMemory } from '../../agent/reconcile/memory.ts';
import { observe } from '../../agent/reconcile/observe.ts';
import { rotationRequests } from '../../agent/reconcile/rotation-requests.ts';
import type { Desired, Observed } from '../../agent/reconcile/types.ts';
import { embeddedStack } from '../../agent/stack/embedded/stack.ts';
import { createSecretRotation } from '../../agent/stack/rotate-secret.ts';
import type { RotatedName } from '../../agent/stack/rotations.ts';
import { ensureSecrets, readSecrets } from '../../agent/stack/secrets.ts';
import { readTurnDatabase, TURN_DATABASE } from '../../agent/stack/turn-database.ts';
import type { Secrets } from '../../agent/stack/types.ts';
import { writeRendered } from '../../agent/stack/write-rendered.ts';
import { openStore } from '../../agent/store/open.ts';
import type { Instant } from '../../agent/system/clock.ts';
import { config, images, storage } from '../unit/reconcile/world.ts';
import { createFakeEngine, type FakeEngine } from './fake-engine.ts';
import { createMortality, type Life, type Mortality } from './mortality.ts';

/** A whole agent on a fake engine and a hand-moved clock; store, files, plan and executors are the real ones. */
export interface Simulation {
  readonly world: FakeEngine;
  readonly nft: Nft;
  readonly flushRuleset: () => unknown;
  /** The agent dies and another takes over; what it had not written down is gone. */
  restartAgent(): void;
  /** Works and lets time pass until it comes to rest, or for so long; an agent that dies is followed by another. */
  settle(forMs?: number): Promise<void>;
  /** Whether, and when, the agent is to die; and what was done to the world. */
  readonly mortality: Mortality;
  /** The clock on the wall is set: nothing else has changed. */
  stepWallClock(byMs: number): void;
  /** An operator asks for a new TURN secret. */
  rotate(overlapMs: number): Promise<void>;
  /** The secrets as they are, and those that coturn accepts. */
  secrets(): Promise<{
    readonly inUse: Secrets | null;
    readonly accepted: readonly string[];
    readonly files: readonly string[];
  }>;
  look(): Promise<{ differences: readonly string[]; held: readonly string[] }>;
  end(): Promise<void>;
}

const unexpected = () => Promise.reject(new Error('the disk has room'));

export const SERVICES = ['livekit', 'coturn'] as const;
const serving = { ok: true, kind: 'http', latencyMs: 1, detail: 'answered' } as const;

/** Every write is made durable: in memory that costs nothing. */
const SCRATCH = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
/** Of the addresses of the machine that tests, none is the simulated one's: they come and go. */
const CONFIG: ApplianceConfig = { ...config, network: { ...config.network, addresses: ['192.0.2.1'] } };

/** `flushRuleset` is what a third party does to the rules that `nft` sees. */
export async function simulate(nft: Nft, flushRuleset: () => unknown): Promise<Simulation> {
  const directory = await mkdtemp(join(SCRATCH, 'aa-converges-'));
  let monotonicMs = 1_000;
  let wallStepMs = 0;
  const wallMs = () => Date.UTC(2026, 0, 1) + wallStepMs + monotonicMs;
  const mortality = createMortality();
  let life: Life;
  const silentSince = new Map<string, Instant>();
  const clock = {
    now: () => ({ bootId: 'boot', monotonicMs, wall: new Date(wallMs()).toISOString() }),
  };
  const world = createFakeEngine(wallMs);
  const rendered = join(directory, 'stack');
  const migrationsDirectory = resolve(import.meta.dirname, '../../migrations');
  const rotation = createSecretRotation(join(directory, 'secrets'));
  await ensureSecrets({ directory: join(directory, 'secrets') });
  let store = openStore({ path: join(directory, 'state.db'), migrationsDirectory, clock });
  let memory = createMemory(store, clock.now());
  let loop = makeLoop();

  const observed = () =>
    observe({
      engine: world.engine,
      engineUnit: world.unit,
      table: () => nft.list('inet', 'appliance'),
      config: async () => CONFIG,
      secrets: () => readSecrets({ directory: join(directory, 'secrets') }),
      certificates: async () => null,
      images: async () => images,
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
      filesOnDisk: () => readFingerprints(rendered),
    });

  function silences(): ReadonlyMap<string, Silence> {
    for (const service of SERVICES) {
      if (!world.isRunning(service) || !world.silent.has(service)) silentSince.delete(service);
      else if (!silentSince.has(service)) silentSince.set(service, clock.now());
    }
    return new Map([...silentSince].map(([service, since]) => [service, { since, misses: 9, served: true }]));
  }

  // The files belong to other users, and the tests need no root.
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  function desire(seen: Observed): Desired | null {
    const desired = desiredState(
      embeddedStack,
      { rendered, data: join(directory, 'data') },
      seen,
      memory.history(),
      clock.now(),
    );
    return desired && { ...desired, files: desired.files.map((file) => ({ ...file, owner })) };
  }

  function makeLoop(): Loop {
    const look = createLastLook();
    const mine = mortality.begin();
    life = mine;
    const each = (services: readonly string[], what: string) =>
      services.map((service) => `${what} ${service}`).join(', ');
    const made = createLoop({
      clock,
      store,
      memory,
      incidents: createIncidentLog(store, memory.died),
      observe: () => observed(),
      desire,
      executors: createExecutors({
        run: async () => ({ exitCode: 0, stdout: '', stderr: '', durationMs: 1 }),
        nft: { ...nft, commit: (transaction) => mine.act('rules', () => nft.commit(transaction)) },
        engine: {
          ...world.engine,
          start: (id) => mine.act(`start ${id}`, () => world.engine.start(id)),
          restart: (id, grace) => mine.act(`restart ${id}`, () => world.engine.restart(id, grace)),
          loadImage: (archive) => mine.act(`load ${archive}`, () => world.engine.loadImage(archive)),
          removeContainer: (id) => mine.act(`remove ${id}`, () => world.engine.removeContainer(id)),
          removeImage: (image) => mine.act(`remove ${image}`, () => world.engine.removeImage(image)),
        },
        compose: {
          ...world.compose,
          up: (options) => mine.act(each(options.services, 'up'), () => world.compose.up(options)),
          down: (options) => mine.act('down', () => world.compose.down(options)),
        },
        clock,
        memory,
        makeSecrets: async () => undefined,
        secretRotation: {
          prepare: (name) => mine.act(`prepare ${name}`, () => rotation.prepare(name)),
          async switchOver(name) {
            await mine.act(`begin to switch ${name}`, () => beginSwitch(join(directory, 'secrets'), name));
            await mine.act(`switch ${name}`, () => rotation.switchOver(name));
          },
          withdraw: (name) => mine.act(`withdraw ${name}`, () => rotation.withdraw(name)),
        },
        writeFiles: (files) => mine.act('files', () => writeRendered(files, rendered)),
        verifiedArchive: async (image) => image.archive,
        composeFile: join(rendered, 'compose.yaml'),
        engineUnit: {
          ...world.unit,
          restart: () => mine.act('restart the engine', () => world.unit.restart()),
        },
        ballast: { size: async () => 0, make: unexpected, release: unexpected },
        freeBytes: unexpected,
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
    world.onEvent = made.engineEvent;
    return made;
  }

  function takeOver(): void {
    store.close();
    store = openStore({ path: join(directory, 'state.db'), migrationsDirectory, clock });
    memory = createMemory(store, clock.now());
    loop = makeLoop();
  }

  return {
    world,
    nft,
    flushRuleset,
    mortality,
    stepWallClock(byMs) {
      wallStepMs += byMs;
    },
    restartAgent() {
      memory.restraint.stopped();
      takeOver();
    },
    async settle(forMs) {
      const until = monotonicMs + (forMs ?? Number.POSITIVE_INFINITY);
      // Longer than all waits of a ladder together, and than a stop must stand.
      for (let turns = 0; turns < 200; turns += 1) {
        const dueInMs = await Promise.race([loop.settle(), life.death]);
        if (dueInMs === 'died') {
          takeOver();
          continue;
        }
        if (dueInMs === null || monotonicMs + dueInMs > until) return;
        monotonicMs += Math.max(1, dueInMs);
      }
      throw new Error('it does not come to rest');
    },
    async rotate(overlapMs) {
      const { rotations } = embeddedStack;
      const requests = rotationRequests({
        clock,
        store,
        memory,
        rotations: () => rotations,
        wake: loop.wake,
      });
      await requests.rotateSecret({ secret: 'turn', overlapMs });
    },
    async secrets() {
      const rows = readTurnDatabase(join(rendered, TURN_DATABASE)) ?? '';
      const accepted = [...rows.matchAll(/ (\S+)$/gm)].map(([, secret = '']) => secret);
      const own = join(directory, 'secrets');
      return { inUse: await readSecrets({ directory: own }), accepted, files: await readdir(own) };
    },
    async look() {
      const seen = await observed();
      const desired = desire(seen);
      const listed = await nft.list('inet', 'appliance');
      return {
        differences: desired === null ? ['nothing is desired'] : differences(desired.table, listed),
        held: store.holds().map(({ service }) => service),
      };
    },
    async end() {
      store.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** What a switch that is cut off half-way leaves. */
async function beginSwitch(directory: string, name: RotatedName): Promise<void> {
  if (!existsSync(join(directory, `${name}.next`))) return;
  await copyFile(join(directory, name), join(directory, `${name}.previous`));
  await rename(join(directory, `${name}.next`), join(directory, `${name}.switching`));
}

type Act = (simulation: Simulation) => void | Promise<void>;
const onService = (act: (world: FakeEngine, service: string) => void) =>
  SERVICES.map((service): [string, Act] => [service, ({ world }) => act(world, service)]);
/** What can befall an appliance, by name. */
export const ACTS: readonly (readonly [string, Act])[] = [
  ...onService((world, service) => world.crash(service, true)).map(
    ([on, act]) => [`${on} crashes`, act] as const,
  ),
  ...onService((world, service) => world.crash(service, false)).map(
    ([on, act]) => [`${on} is killed`, act] as const,
  ),
  ...onService((world, service) => world.remove(service)).map(
    ([on, act]) => [`${on} is removed`, act] as const,
  ),
  ...onService((world, service) => world.stop(service)).map(
    ([on, act]) => [`${on} is stopped`, act] as const,
  ),
  ...onService((world, service) => world.start(service)).map(
    ([on, act]) => [`${on} is started`, act] as const,
  ),
  ['livekit moves', ({ world }) => world.move('livekit')],
  ['somebody flushes the ruleset', async ({ flushRuleset }) => void (await flushRuleset())],
  ['the engine goes', ({ world }) => world.down()],
  ['the engine comes', ({ world }) => world.up()],
  ['the agent is restarted', (simulation) => simulation.restartAgent()],
  ['it comes to rest', (simulation) => simulation.settle()],
];

/** Lets all of it happen, in order, and then the engine come back; resolves to what is not as it should be. */
export async function endsWell(
  simulation: Simulation,
  happened: readonly string[],
): Promise<readonly string[]> {
  const { world, nft } = simulation;
  await simulation.settle();
  for (const name of happened) await ACTS.find(([candidate]) => candidate === name)?.[1](simulation);
  world.up();
  await simulation.settle();
  const { differences: left, held } = await simulation.look();
  const stopped = SERVICES.filter((service) => world.isRunning(service) === held.includes(service));
  const listed = await nft.list('inet', 'appliance');
  const targets = listed?.maps[0]?.elements.map(({ value }) => value) ?? [];
  const address = world.addressOf('livekit');
  const right =
    targets.length === (address === null ? 0 : 2) && targets.every((target) => target === address);
  return [
    ...left,
    ...stopped.map((service) => `${service} runs though held, or does not run`),
    ...(right ? [] : [`the ports lead to ${targets.join(', ')} instead of ${address}`]),
  ];
}
