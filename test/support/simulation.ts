import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { differences, type Nft } from '../../agent/nftables/index.ts';
import { createMemory } from '../../agent/reconcile/memory.ts';
import { rotationRequests } from '../../agent/reconcile/rotation-requests.ts';
import { embeddedStack } from '../../agent/stack/embedded/stack.ts';
import { ensureSecrets, readSecrets } from '../../agent/stack/secrets.ts';
import { readTurnDatabase, TURN_DATABASE } from '../../agent/stack/turn-database.ts';
import type { Secrets } from '../../agent/stack/types.ts';
import { openStore } from '../../agent/store/open.ts';
import { createFakeEngine, type FakeEngine } from './fake-engine.ts';
import { createMortality, type Mortality } from './mortality.ts';
import { simulatedAgent } from './simulated-agent.ts';
import { foldersIn, simulatedMachine } from './simulated-machine.ts';

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

/** Every write is made durable: in memory that costs nothing. */
const SCRATCH = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** `flushRuleset` is what a third party does to the rules that `nft` sees. */
export async function simulate(nft: Nft, flushRuleset: () => unknown): Promise<Simulation> {
  const directory = await mkdtemp(join(SCRATCH, 'aa-converges-'));
  let monotonicMs = 1_000;
  let wallStepMs = 0;
  const wallMs = () => Date.UTC(2026, 0, 1) + wallStepMs + monotonicMs;
  const mortality = createMortality();
  const clock = {
    now: () => ({ bootId: 'boot', monotonicMs, wall: new Date(wallMs()).toISOString() }),
  };
  const world = createFakeEngine(wallMs);
  const folders = foldersIn(directory);
  const observed = simulatedMachine({ clock, world, nft, directory });
  await ensureSecrets({ directory: folders.secrets });
  let agent = newAgent();

  function newAgent() {
    const store = openStore({
      path: join(directory, 'state.db'),
      migrationsDirectory: resolve(import.meta.dirname, '../../migrations'),
      clock,
    });
    const memory = createMemory(store, clock.now());
    const life = mortality.begin();
    const parts = { clock, store, memory, life, world, nft, directory, observe: observed };
    const { loop, desire } = simulatedAgent(parts);
    world.onEvent = loop.engineEvent;
    return { store, memory, life, loop, desire };
  }

  function takeOver(): void {
    agent.store.close();
    agent = newAgent();
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
      agent.memory.restraint.stopped();
      takeOver();
    },
    async settle(forMs) {
      const until = monotonicMs + (forMs ?? Number.POSITIVE_INFINITY);
      // Longer than all waits of a ladder together, and than a stop must stand.
      for (let turns = 0; turns < 200; turns += 1) {
        const dueInMs = await Promise.race([agent.loop.settle(), agent.life.death]);
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
        store: agent.store,
        memory: agent.memory,
        rotations: () => rotations,
        wake: agent.loop.wake,
      });
      await requests.rotateSecret({ secret: 'turn', overlapMs });
    },
    async secrets() {
      const rows = readTurnDatabase(join(folders.rendered, TURN_DATABASE)) ?? '';
      const accepted = [...rows.matchAll(/ (\S+)$/gm)].map(([, secret = '']) => secret);
      const inUse = await readSecrets({ directory: folders.secrets });
      return { inUse, accepted, files: await readdir(folders.secrets) };
    },
    async look() {
      const seen = await observed();
      const desired = agent.desire(seen);
      const listed = await nft.list('inet', 'appliance');
      return {
        differences: desired === null ? ['nothing is desired'] : differences(desired.table, listed),
        held: agent.store.holds().map(({ service }) => service),
      };
    },
    async end() {
      agent.store.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
