import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunOptions, type RunResult, run, runOk } from '../../agent/system/processes.ts';
import { machineNames, own, removeAbandonedMachines, removeMachine } from './machine-removal.ts';
import { type Spawned, type SpawnOptions, spawnCaptured } from './spawned.ts';
import { systemPath } from './system-path.ts';

/** Addresses on the wire between the appliance and the outside client. */
export const HOST_V4 = '198.51.100.1';
export const CLIENT_V4 = '198.51.100.2';
export const HOST_V6 = '2001:db8:51::1';
export const CLIENT_V6 = '2001:db8:51::2';

/** Runs a program to its end in one of the namespaces, as `Run` does; 30 s unless told otherwise. */
export type RunInside = (
  command: string,
  args: readonly string[],
  options?: Partial<RunOptions>,
) => Promise<RunResult>;

export type SpawnInside = (
  command: string,
  args: readonly string[],
  options?: SpawnOptions,
) => Promise<Spawned>;

/**
 * A throw-away appliance: a network namespace with its own nft ruleset for the host role, another for a client
 * outside, a wire between them, and a folder of its own for its files. Both share this machine's mounts, so that
 * a dockerd in it sees the cgroups.
 */
export interface Machine {
  readonly id: string;
  readonly hostNamespace: string;
  readonly clientNamespace: string;
  /** The appliance's root: APPLIANCE_AGENT_ROOT of everything that runs in the machine. */
  readonly root: string;
  readonly inHost: RunInside;
  readonly inClient: RunInside;
  readonly spawnInHost: SpawnInside;
  readonly spawnInClient: SpawnInside;
  /** Ends every process of the machine and removes its mounts, cgroups, namespaces and files. May be called twice. */
  destroy(): Promise<void>;
}

/** Makes a machine; needs root, `ip` and `nsenter`. Machines of processes that are gone are removed first. */
export async function createMachine(): Promise<Machine> {
  await removeAbandonedMachines();
  const id = randomBytes(3).toString('hex');
  const { root, hostNamespace, clientNamespace } = machineNames(id);
  await mkdir(join(root, 'log'), { recursive: true });
  await own(root);
  const spawned: Spawned[] = [];
  const destroy = async () => {
    await Promise.all(spawned.map((process) => process.stop()));
    await removeMachine(id);
  };
  try {
    await wire(hostNamespace, clientNamespace);
  } catch (error) {
    await destroy();
    throw error;
  }
  const env = { APPLIANCE_AGENT_ROOT: root, PATH: systemPath() };
  const runIn =
    (namespace: string): RunInside =>
    (command, args, options = {}) =>
      run('nsenter', inside(namespace, command, args), {
        timeoutMs: 30_000,
        ...options,
        env: { ...env, ...options.env },
      });
  const spawnIn =
    (namespace: string): SpawnInside =>
    async (command, args, options = {}) => {
      const logFile = join(root, 'log', `${spawned.length}-${command.replaceAll('/', '_')}.log`);
      const started = await spawnCaptured('nsenter', inside(namespace, command, args), {
        logFile,
        ...options,
        env: { ...env, ...options.env },
      });
      spawned.push(started);
      return started;
    };
  return {
    id,
    hostNamespace,
    clientNamespace,
    root,
    inHost: runIn(hostNamespace),
    inClient: runIn(clientNamespace),
    spawnInHost: spawnIn(hostNamespace),
    spawnInClient: spawnIn(clientNamespace),
    destroy,
  };
}

/** Only the network changes: `ip netns exec` would also mount a /sys without the cgroups that dockerd needs. */
function inside(namespace: string, command: string, args: readonly string[]): string[] {
  return [`--net=/run/netns/${namespace}`, '--', command, ...args];
}

async function wire(hostNamespace: string, clientNamespace: string): Promise<void> {
  const ip = (...args: string[]) =>
    runOk(run, 'ip', args, {
      timeoutMs: 10_000,
      code: 'MACHINE_NOT_WIRED',
      hint: 'Needs root and a kernel with network namespaces and veth.',
    });
  await ip('netns', 'add', hostNamespace);
  await ip('netns', 'add', clientNamespace);
  await ip(
    'link',
    'add',
    'eth0',
    'netns',
    hostNamespace,
    'type',
    'veth',
    'peer',
    'name',
    'eth0',
    'netns',
    clientNamespace,
  );
  for (const [namespace, v4, v6] of [
    [hostNamespace, HOST_V4, HOST_V6],
    [clientNamespace, CLIENT_V4, CLIENT_V6],
  ] as const) {
    await ip('-n', namespace, 'address', 'add', `${v4}/24`, 'dev', 'eth0');
    // Without nodad the address is tentative, and unusable, for the first second.
    await ip('-n', namespace, 'address', 'add', `${v6}/64`, 'dev', 'eth0', 'nodad');
    await ip('-n', namespace, 'link', 'set', 'lo', 'up');
    await ip('-n', namespace, 'link', 'set', 'eth0', 'up');
    // A new namespace inherits this machine's setting; a bare appliance does not forward.
    await runOk(run, 'nsenter', inside(namespace, 'sysctl', ['-qw', 'net.ipv4.ip_forward=0']), {
      timeoutMs: 10_000,
      code: 'MACHINE_NOT_WIRED',
      hint: 'Needs root and procps.',
    });
  }
}
