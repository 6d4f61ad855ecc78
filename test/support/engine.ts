import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEngine } from '../../agent/engine/engine.ts';
import { appliancePaths } from '../../agent/system/paths.ts';

/** Programs without which `startEngine` cannot work: give them to `needs`. */
export const ENGINE_COMMANDS = ['dockerd', 'containerd', 'runc', 'iptables', 'nsenter'] as const;

/** A real Docker Engine of a test. */
export interface TestEngine {
  readonly socket: string;
  readonly pid: number;
  readonly logFile: string;
  /** SIGTERM, as `systemctl stop docker` does: the engine stops its containers. */
  stop(): Promise<void>;
  /** SIGKILL: containers live on, as after a crash of the engine. Start it again with `startEngine`. */
  kill(): Promise<void>;
}

/**
 * Starts a dockerd whose files are all below `root` and whose network is the namespace `netns`, and waits until it
 * answers. With the same `root` it is the same engine again. It keeps this machine's mount namespace: it needs the
 * cgroups, and a dockerd that is killed and started again must find its mounts.
 *
 * containerd is a process of its own beside it, as on Debian, and outlives it. The caller ends that, and removes
 * mounts and files: `machine.destroy()` does.
 */
export async function startEngine(options: {
  root: string;
  netns: string;
  /** Its daemon.json. Default: nothing in it. */
  config?: Readonly<Record<string, unknown>>;
  /** PATH on which it finds its programs. Default: that of this process. */
  path?: string;
}): Promise<TestEngine> {
  const { engineSocket: socket } = appliancePaths(options.root);
  const base = join(options.root, 'engine');
  await mkdir(dirname(socket), { recursive: true });
  await mkdir(base, { recursive: true });
  const containerd = await startContainerd(base, options.netns);
  const pidFile = join(base, 'docker.pid');
  const configFile = join(base, 'daemon.json');
  const logFile = join(base, 'dockerd.log');
  await writeFile(configFile, JSON.stringify(options.config ?? {}));
  // Left by a killed engine; its number may be another process's by now, and dockerd would refuse to start.
  await rm(pidFile, { force: true });
  const environment = options.path === undefined ? [] : ['env', `PATH=${options.path}`];
  const [program = '', ...before] = [...environment, 'dockerd'];
  const child = await spawnInside(options.netns, logFile, program, [
    ...before,
    `--config-file=${configFile}`,
    `--containerd=${containerd}`,
    `--data-root=${join(base, 'data')}`,
    `--exec-root=${join(base, 'exec')}`,
    `--pidfile=${pidFile}`,
    `--host=unix://${socket}`,
  ]);
  const engine = createEngine({ socket });
  await untilReady(child, logFile, () => engine.version());
  return {
    socket,
    pid: child.pid,
    logFile,
    stop: () => end(child, 'SIGTERM', 30_000),
    kill: () => end(child, 'SIGKILL', 5000),
  };
}

async function startContainerd(base: string, netns: string): Promise<string> {
  const address = join(base, 'containerd.sock');
  const logFile = join(base, 'containerd.log');
  if (await answers(address)) return address;
  const configFile = join(base, 'containerd.toml');
  await writeFile(configFile, 'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n');
  const child = await spawnInside(netns, logFile, 'containerd', [
    `--config=${configFile}`,
    `--address=${address}`,
    `--root=${join(base, 'containerd')}`,
    `--state=${join(base, 'containerd-state')}`,
  ]);
  await untilReady(child, logFile, async () => {
    if (!(await answers(address))) throw new Error('it does not listen');
  });
  return address;
}

type Started = ChildProcess & { readonly pid: number };

async function spawnInside(
  netns: string,
  logFile: string,
  command: string,
  args: readonly string[],
): Promise<Started> {
  const log = await open(logFile, 'a');
  try {
    const child = spawn('nsenter', [`--net=/run/netns/${netns}`, '--', command, ...args], {
      stdio: ['ignore', log.fd, log.fd],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    // A test that forgot it must still be able to end.
    child.unref();
    return child as Started;
  } finally {
    await log.close();
  }
}

async function untilReady(child: Started, logFile: string, ask: () => Promise<unknown>): Promise<void> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (!hasEnded(child) && performance.now() < deadline) {
        await sleep(50);
        continue;
      }
      await end(child, 'SIGKILL', 5000);
      const words = (await readFile(logFile, 'utf8')).slice(-4000);
      throw new Error(`${child.spawnargs.join(' ')} is not ready; its last words:\n${words}`, {
        cause: error,
      });
    }
  }
}

async function end(child: Started, signal: NodeJS.Signals, limitMs: number): Promise<void> {
  if (hasEnded(child)) return;
  child.kill(signal);
  const deadline = performance.now() + limitMs;
  while (!hasEnded(child)) {
    if (performance.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`${child.spawnargs.join(' ')} did not end within ${limitMs} ms after ${signal}`);
    }
    await sleep(20);
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.once('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', () => resolve(false));
  });
}
