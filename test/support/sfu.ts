import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { LivekitAccess } from '../../agent/probes/media/livekit-room.ts';
import { turnCredential } from '../../agent/probes/turn-credential.ts';
import { HOST_V4, type Machine } from './machine.ts';
import type { SfuStandinOptions } from './sfu-options.ts';

/** A running SFU with the relay that its clients are told of, in the host role of a machine. */
export interface TestSfu {
  readonly access: LivekitAccess;
  readonly relay: { readonly address: string; readonly port: number };
}

export const SFU_COMMANDS = ['turnserver'] as const;

/**
 * Starts an SFU, and a real coturn beside it that relays to this host alone. The SFU is the stand-in, or, to hold that
 * against what it stands for, the LiveKit server whose program APPLIANCE_AGENT_LIVEKIT names.
 */
export async function startSfu(machine: Machine): Promise<TestSfu> {
  const turnSecret = randomBytes(24).toString('hex');
  const access = { host: HOST_V4, port: 7880, key: 'APItest', secret: randomBytes(24).toString('hex') };
  const coturn = [
    ...[
      '-n',
      '--no-tls',
      '--no-dtls',
      '--no-cli',
      '--log-file=stdout',
      '--pidfile=/dev/null',
      '--fingerprint',
    ],
    ...[`--listening-ip=${HOST_V4}`, `--relay-ip=${HOST_V4}`, '--realm=turn.example', '--use-auth-secret'],
    ...[`--static-auth-secret=${turnSecret}`, '--denied-peer-ip=0.0.0.0-255.255.255.255'],
    ...[`--allowed-peer-ip=${HOST_V4}`, `--userdb=${join(machine.root, 'turn.db')}`],
  ];
  await machine.spawnInHost('turnserver', coturn);
  const livekit = process.env.APPLIANCE_AGENT_LIVEKIT;
  if (livekit === undefined) await startStandin(machine, access, turnSecret);
  else await startLivekit(livekit, machine, access, turnSecret);
  return { access, relay: { address: HOST_V4, port: 3478 } };
}

async function startStandin(
  machine: Machine,
  { key, secret }: LivekitAccess,
  turnSecret: string,
): Promise<void> {
  const { username, password } = turnCredential(turnSecret, 'probe', Date.now() / 1000 + 600);
  const options: SfuStandinOptions = {
    key,
    secret,
    nodeIp: HOST_V4,
    address: HOST_V4,
    iceServers: [{ urls: ['turn:turn.example:3478?transport=udp'], username, credential: password }],
  };
  const program = join(import.meta.dirname, 'sfu-standin.ts');
  const args = ['--import=tsx', program, JSON.stringify(options)];
  await (await machine.spawnInHost(process.execPath, args)).waitForOutput(/^ready$/m, 20_000);
}

async function startLivekit(
  program: string,
  machine: Machine,
  { key, secret }: LivekitAccess,
  turnSecret: string,
): Promise<void> {
  const file = join(machine.root, 'livekit.yaml');
  const turn = { host: 'turn.example', port: 3478, protocol: 'udp', secret: turnSecret, ttl: 600 };
  const config = {
    port: 7880,
    rtc: {
      udp_port: 7882,
      tcp_port: 7881,
      use_external_ip: false,
      node_ip: HOST_V4,
      turn_servers: [turn],
      ips: { excludes: ['::/0'] },
    },
    keys: { [key]: secret },
    room: { auto_create: false },
  };
  await writeFile(file, stringify(config), { mode: 0o600 });
  const started = await machine.spawnInHost(program, ['--config', file]);
  await started.waitForOutput(/starting LiveKit server/, 20_000);
}
