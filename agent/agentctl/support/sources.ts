import { join } from 'node:path';
import type { Engine } from '../../engine/types.ts';
import { PROJECT } from '../../stack/types.ts';
import { namesIn, readFileIfPresent } from '../../system/files.ts';
import type { Paths } from '../../system/paths.ts';
import type { Run } from '../../system/processes.ts';
import type { Source } from './bundle.ts';

const COMMAND_LIMIT_MS = 20_000;
const LOG_LINES = 2_000;

/**
 * What is asked of the machine. Only programs that look: nothing is loaded, started or changed by them. Neither
 * `docker inspect` nor rendered configuration: both hold secrets as a rule.
 */
const COMMANDS: readonly (readonly [name: string, command: readonly string[]])[] = [
  ['machine/uname.txt', ['uname', '-a']],
  ['machine/uptime.txt', ['uptime']],
  ['machine/disks.txt', ['df', '--local', '--human-readable']],
  ['machine/failed-units.txt', ['systemctl', 'list-units', '--failed', '--no-pager']],
  ['machine/clock.txt', ['timedatectl', 'status', '--no-pager']],
  ['machine/kernel.log', ['journalctl', '--dmesg', '--lines=500', '--no-pager', '--output=short-iso']],
  ['network/addresses.txt', ['ip', '-brief', 'address']],
  ['network/routes.txt', ['ip', 'route', 'show', 'table', 'all']],
  ['network/sockets.txt', ['ss', '--listening', '--numeric', '--tcp', '--udp']],
  ['network/ruleset.nft', ['/usr/sbin/nft', '--stateless', '--handle', 'list', 'ruleset']],
  [
    'logs/agent.journal',
    ['journalctl', '--unit=appliance-agent*', `--lines=${LOG_LINES}`, '--no-pager', '--output=short-iso'],
  ],
  [
    'logs/docker.journal',
    ['journalctl', '--unit=docker.service', '--lines=500', '--no-pager', '--output=short-iso'],
  ],
];

const MACHINE_FILES: readonly (readonly [name: string, path: string])[] = [
  ['machine/os-release.txt', '/etc/os-release'],
  ['machine/memory.txt', '/proc/meminfo'],
  ['machine/pressure-memory.txt', '/proc/pressure/memory'],
];

export interface SourcePorts {
  readonly paths: Paths;
  readonly run: Run;
  readonly engine: Pick<Engine, 'containers' | 'version'>;
  /** The newest lines that a container wrote. */
  readonly logs: (containerId: string, lines: number) => Promise<string>;
  /** What agentctl itself finds out, as JSON: its checks, the hardware profile. */
  readonly own: Readonly<Record<string, () => Promise<unknown>>>;
}

/** Everything that a bundle may hold, and nothing else. */
export async function supportSources({ paths, run, engine, logs, own }: SourcePorts): Promise<Source[]> {
  const file = (name: string, path: string): Source => ({
    name,
    from: path,
    read: () => readFileIfPresent(path),
  });
  const profiles = (await namesIn(paths.profileOverrides)).filter((name) => name.endsWith('.yaml')).sort();
  return [
    file('status.json', paths.status),
    file('events.json', paths.events),
    file('tune.json', paths.tuneRecord),
    file('config/appliance.yaml', paths.config),
    ...profiles.map((name) => file(`config/profiles.d/${name}`, join(paths.profileOverrides, name))),
    ...Object.entries(own).map(
      ([name, read]): Source => ({ name, from: 'agentctl', read: async () => asJson(await read()) }),
    ),
    { name: 'engine/version.json', from: 'GET /version', read: async () => asJson(await engine.version()) },
    ...(await containerSources(engine, logs)),
    file('logs/agent.log', paths.agentLog),
    file('logs/install.log', paths.installLog),
    ...MACHINE_FILES.map(([name, path]) => file(name, path)),
    ...COMMANDS.map(
      ([name, [program = '', ...args]]): Source => ({
        name,
        from: [program, ...args].join(' '),
        read: async () => {
          const { stdout, stderr } = await run(program, args, { timeoutMs: COMMAND_LIMIT_MS });
          return stdout + stderr;
        },
      }),
    ),
  ];
}

async function containerSources(engine: SourcePorts['engine'], logs: SourcePorts['logs']): Promise<Source[]> {
  const listing = engine.containers(PROJECT);
  const list: Source = {
    name: 'engine/containers.json',
    from: 'GET /containers/json',
    read: async () => asJson(await listing),
  };
  // An engine that does not answer is told by the listing itself.
  const containers = await listing.catch(() => []);
  return [
    list,
    ...containers.map(
      ({ id, service }): Source => ({
        name: `logs/${service}.log`,
        from: `GET /containers/${id}/logs`,
        read: () => logs(id, LOG_LINES),
      }),
    ),
  ];
}

const asJson = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
