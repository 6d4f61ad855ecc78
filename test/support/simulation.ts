import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { differences, type Nft } from '../../agent/nftables/index.ts';
import { desiredState } from '../../agent/reconcile/desired.ts';
import { createExecutors } from '../../agent/reconcile/executors.ts';
import { createIncidentLog } from '../../agent/reconcile/incident-log.ts';
import { createLastLook } from '../../agent/reconcile/last-look.ts';
import { createLoop, type Loop } from '../../agent/reconcile/loop.ts';
import { createMemory } from '../../agent/reconcile/memory.ts';
import { observe } from '../../agent/reconcile/observe.ts';
import type { Desired, Observed } from '../../agent/reconcile/types.ts';
import { embeddedStack } from '../../agent/stack/embedded/stack.ts';
import { writeRendered } from '../../agent/stack/write-rendered.ts';
import { openStore } from '../../agent/store/open.ts';
import { config, images, secrets } from '../unit/reconcile/world.ts';
import { createFakeEngine, type FakeEngine } from './fake-engine.ts';

/** A whole agent on a fake engine and a hand-moved clock; store, files, plan and executors are the real ones. */
export interface Simulation {
  readonly world: FakeEngine;
  readonly nft: Nft;
  readonly flushRuleset: () => unknown;
  /** The agent dies and another takes over; what it had not written down is gone. */
  restartAgent(): void;
  settle(): Promise<void>;
  look(): Promise<{ differences: readonly string[]; held: readonly string[] }>;
  end(): Promise<void>;
}

export const SERVICES = ['livekit', 'coturn'] as const;
const serving = { ok: true, kind: 'http', latencyMs: 1, detail: 'answered' } as const;

/** `flushRuleset` is what a third party does to the rules that `nft` sees. */
export async function simulate(nft: Nft, flushRuleset: () => unknown): Promise<Simulation> {
  const directory = await mkdtemp(join(tmpdir(), 'aa-converges-'));
  let monotonicMs = 1_000;
  const wallMs = () => Date.UTC(2026, 0, 1) + monotonicMs;
  const clock = {
    now: () => ({ bootId: 'boot', monotonicMs, wall: new Date(wallMs()).toISOString() }),
  };
  const world = createFakeEngine(wallMs);
  const rendered = join(directory, 'stack');
  const migrationsDirectory = resolve(import.meta.dirname, '../../migrations');
  let store = openStore({ path: join(directory, 'state.db'), migrationsDirectory, clock });
  let memory = createMemory(store, clock.now());
  let loop = makeLoop();

  const observed = () =>
    observe({
      engine: world.engine,
      engineUnit: world.unit,
      nft,
      config: async () => config,
      secrets: async () => secrets,
      certificates: async () => null,
      images: async () => images,
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
      verdicts: () => new Map(SERVICES.filter(world.isRunning).map((service) => [service, serving])),
      silences: () => new Map(),
      renderedDirectory: rendered,
    });

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
    const made = createLoop({
      clock,
      store,
      memory,
      incidents: createIncidentLog(store, memory.died),
      observe: () => observed(),
      desire,
      executors: createExecutors({
        run: async () => ({ exitCode: 0, stdout: '', stderr: '', durationMs: 1 }),
        nft,
        engine: world.engine,
        compose: world.compose,
        clock,
        memory,
        makeSecrets: async () => undefined,
        writeFiles: (files) => writeRendered(files, rendered),
        verifiedArchive: async (image) => image.archive,
        composeFile: join(rendered, 'compose.yaml'),
        engineUnit: world.unit,
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

  return {
    world,
    nft,
    flushRuleset,
    restartAgent() {
      memory.restraint.stopped();
      store.close();
      store = openStore({ path: join(directory, 'state.db'), migrationsDirectory, clock });
      memory = createMemory(store, clock.now());
      loop = makeLoop();
    },
    async settle() {
      // Longer than the longest wait of a ladder that still has budget, and than a stop must stand.
      for (let turns = 0; turns < 60; turns += 1) {
        const dueInMs = await loop.settle();
        if (dueInMs === null) return;
        monotonicMs += Math.max(1, dueInMs);
      }
      throw new Error('it does not come to rest');
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
