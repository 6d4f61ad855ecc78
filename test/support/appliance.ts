import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Status } from '../../agent/control/status.ts';
import type { RecordedEvent } from '../../agent/store/types.ts';
import { systemClock } from '../../agent/system/clock.ts';
import { appliancePaths, type Paths } from '../../agent/system/paths.ts';
import { type RunResult, run, runOk } from '../../agent/system/processes.ts';
import { startEngine, type TestEngine } from './engine.ts';
import { createMachine, type Machine } from './machine.ts';
import { buildRelease, dist, node } from './release.ts';
import type { Needs } from './requirements.ts';
import type { Spawned } from './spawned.ts';

const project = resolve(import.meta.dirname, '../..');
const NOBODY = ['--reuid=65534', '--regid=65534', '--clear-groups', '--'];
/** Debian's client: another may stand first on PATH. */
const DOCKER = '/usr/bin/docker';

/** What a whole appliance needs of the machine that tests it: give it to `needs`. */
export const APPLIANCE_NEEDS: Needs = {
  root: true,
  commands: ['dockerd', 'nft', 'iptables', 'conntrack', 'ip', 'nsenter', 'turnutils_uclient', 'pgrep'],
};

/** A whole appliance on a throw-away machine: a real engine, the release bundle of the agent, the embedded stack. */
export interface Appliance {
  readonly machine: Machine;
  /** Debian's docker client, on this appliance's engine; rejects unless it exits 0. */
  docker(...args: string[]): Promise<string>;
  /** Ids of the containers of the stack that run, a line each. */
  containers(): Promise<string>;
  readonly paths: Paths;
  agentctl(...args: string[]): Promise<RunResult>;
  /** As a user without any right. */
  agentctlAsNobody(...args: string[]): Promise<RunResult>;
  status(): Promise<Status>;
  /** A status that was written after this call. */
  freshStatus(): Promise<Status>;
  events(): Promise<RecordedEvent[]>;
  /** Resolves when the new agent has written its first status: what was there is of the one before. */
  startAgent(environment?: Readonly<Record<string, string>>): Promise<Spawned>;
  /** The agent that runs now. */
  agent(): Spawned;
  startEngine(): Promise<TestEngine>;
  engine(): TestEngine;
  /** Waits until the status is as wanted; rejects with the status at the time limit. */
  until(what: string, limitMs: number, wanted: (status: Status) => boolean): Promise<Status>;
  destroy(): Promise<void>;
}

export interface ApplianceOptions {
  /** How its engine is started. */
  readonly engine?: Pick<Parameters<typeof startEngine>[0], 'config' | 'path'>;
  /** A program by which the agent may restart its engine. Default: it has none. */
  readonly engineRestart?: string;
  /** A machine that is there already; it is taken away with the appliance. Default: a new one. */
  readonly machine?: Machine;
  /** Its appliance.yaml, and the folder of its images. Default: the embedded stack and its own. */
  readonly stack?: { readonly config: string; readonly images: string };
}

/** Builds the release, makes the images (kept in .cache), and brings an appliance up until it serves. */
export async function startAppliance(options: ApplianceOptions = {}): Promise<Appliance> {
  const images = await buildRelease();
  const machine = options.machine ?? (await createMachine());
  try {
    return await bringUp(machine, images, options);
  } catch (error) {
    await machine.destroy();
    throw error;
  }
}

async function bringUp(machine: Machine, images: string, options: ApplianceOptions): Promise<Appliance> {
  const paths = appliancePaths(machine.root);
  const env = {
    APPLIANCE_AGENT_COMPOSE: join(project, '.cache/cli-plugins/docker-compose'),
    ...(options.engineRestart === undefined ? {} : { APPLIANCE_AGENT_ENGINE_RESTART: options.engineRestart }),
  };
  await mkdir(dirname(paths.config), { recursive: true });
  await writeFile(paths.config, options.stack?.config ?? 'stack: embedded\n');
  await mkdir(paths.images, { recursive: true });
  await rm(paths.images, { recursive: true });
  await runOk(run, 'cp', ['-r', options.stack?.images ?? images, paths.images], {
    timeoutMs: 60_000,
    code: 'COPY_FAILED',
    hint: '',
  });

  const startOurEngine = () =>
    startEngine({ root: machine.root, netns: machine.hostNamespace, ...options.engine });
  let engine = await startOurEngine();
  const spawnAgent = (further: Readonly<Record<string, string>> = {}) =>
    machine.spawnInHost(join(dist, 'bin/appliance-agent'), [], { env: { ...env, ...further } });
  let agent = await spawnAgent();

  const nextStatus = () => {
    const asked = systemClock().now().monotonicMs;
    return appliance.until('a new status', 15_000, (status) => status.generatedMonotonicMs > asked);
  };
  const appliance: Appliance = {
    machine,
    paths,
    async docker(...args) {
      const host = `unix://${paths.engineSocket}`;
      const options = { timeoutMs: 60_000, env: { DOCKER_HOST: host }, code: 'DOCKER_FAILED', hint: '' };
      return (await runOk(run, DOCKER, args, options)).stdout;
    },
    containers: () =>
      appliance.docker('ps', '--no-trunc', '-q', '--filter', 'label=com.docker.compose.project=appliance'),
    agentctl: (...args) => machine.inHost(node, [join(dist, 'agentctl.js'), ...args], { env }),
    agentctlAsNobody: (...args) =>
      machine.inHost('setpriv', [...NOBODY, node, join(dist, 'agentctl.js'), ...args], { env }),
    status: async () => JSON.parse(await readFile(paths.status, 'utf8')) as Status,
    freshStatus() {
      const next = nextStatus();
      process.kill(agent.pid, 'SIGHUP');
      return next;
    },
    events: async () =>
      (JSON.parse(await readFile(paths.events, 'utf8')) as { events: RecordedEvent[] }).events,
    async startAgent(environment) {
      agent = await spawnAgent(environment);
      await nextStatus();
      return agent;
    },
    agent: () => agent,
    async startEngine() {
      engine = await startOurEngine();
      return engine;
    },
    engine: () => engine,
    async until(what, limitMs, wanted) {
      const deadline = performance.now() + limitMs;
      for (;;) {
        const status = await appliance.status().catch(() => null);
        if (status !== null && wanted(status)) return status;
        if (performance.now() > deadline) {
          const wrong = status?.problems.map(({ code, evidence }) => `${code}: ${evidence}`).join('; ');
          throw new Error(
            `not within ${limitMs} ms: ${what}; ${wrong}\n` +
              `${JSON.stringify(status, null, 1)}\n${agent.output().slice(-4000)}`,
          );
        }
        await sleep(50);
      }
    },
    async destroy() {
      await agent.stop();
      await machine.destroy();
    },
  };
  await appliance.until('the appliance is up', 90_000, isUp);
  return appliance;
}

/** Everything serves and nothing is wrong. A container that has just been made is no problem yet: it must answer. */
export const isUp = ({ overall, provisioning, services }: Status) =>
  overall === 'ok' && provisioning.state === 'done' && services.every(({ probe }) => probe?.ok === true);
