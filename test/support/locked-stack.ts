import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_CONFIG } from '../../agent/config/schema.ts';
import { createCompose } from '../../agent/engine/compose.ts';
import { createEngine } from '../../agent/engine/engine.ts';
import { openForwardPath } from '../../agent/firewall/forward-path.ts';
import { convergence, createNft, NFT_PROGRAM } from '../../agent/nftables/index.ts';
import type { TableSpec } from '../../agent/nftables/objects.ts';
import { desiredState } from '../../agent/reconcile/desired.ts';
import { addressIn, composeNetworks, networksWithLocked } from '../../agent/stack/networks.ts';
import { PROJECT, type ServiceDefinition, type Stack } from '../../agent/stack/types.ts';
import { appliancePaths } from '../../agent/system/paths.ts';
import { run } from '../../agent/system/processes.ts';
import { at, healthy, history } from '../unit/reconcile/world.ts';
import { startEngine } from './engine.ts';
import { testImages } from './images.ts';
import type { Machine } from './machine.ts';
import { TELL_PEER } from './peer-calls.ts';
import { composePlugins } from './stack.ts';

const NETWORKS = networksWithLocked(DEFAULT_CONFIG.network, 'locked');
const [RTC, TOKEN] = NETWORKS;

const onBridge = (name: string, ports: readonly number[]): ServiceDefinition => ({
  name,
  network: 'bridge',
  published: ports.map((port) => ({ protocol: 'tcp', port, service: name })),
  open: [],
  dependsOn: [],
});

/** `front` is published, `media` is beside it, `other` is a neighbour of both, `locked` may reach the first two. */
const stack: Stack = {
  name: 'embedded',
  services: () => [
    onBridge('front', [80, 443]),
    onBridge('media', []),
    onBridge('other', []),
    { ...onBridge('locked', []), egress: ['front', 'media'] },
  ],
  networks: () => NETWORKS,
  data: [],
  rotations: new Map(),
  render: () => [],
  generations: () => new Map(),
  probes: () => [],
};

/** Where a service of the stack is in one of its networks, IPv4 first. */
export type Place = readonly [ipv4: string, ipv6: string];
const place = ({ subnet, subnet6 }: typeof RTC | typeof TOKEN, n: number): Place => [
  addressIn(subnet, n),
  addressIn(subnet6 ?? '', n),
];
export const AT = {
  rtc: { gateway: place(RTC, 1), front: place(RTC, 2), media: place(RTC, 3), other: place(RTC, 4) },
  token: {
    gateway: place(TOKEN, 1),
    front: place(TOKEN, 2),
    media: place(TOKEN, 3),
    locked: place(TOKEN, 9),
  },
} as const;

/** A small stack with a service that is locked in, on a real engine, with the rules that the agent makes for it. */
export interface LockedStack {
  /** Debian's docker client; resolves to what it printed. */
  docker(...args: string[]): Promise<string>;
  /** The host pid of a service's process. */
  pidOf(service: string): Promise<string>;
  /** The rules for the stack as it is now. */
  table(): Promise<TableSpec>;
  commit(table: TableSpec): Promise<void>;
}

/** Rules first, then containers, as the agent does it. */
export async function startLockedStack(machine: Machine): Promise<LockedStack> {
  const { directory, images } = await testImages();
  const { socket } = await startEngine({ root: machine.root, netns: machine.hostNamespace });
  const engine = createEngine({ socket });
  const image = images.find(({ service }) => service === 'livekit');
  if (image === undefined) throw new Error('there is no image of the stand-in');
  await engine.loadImage(join(directory, image.archive));

  const command = ['nsenter', `--net=/run/netns/${machine.hostNamespace}`, '--', NFT_PROGRAM];
  const nft = createNft({ run, temporaryDirectory: machine.root, command });
  const docker = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await machine.inHost('/usr/bin/docker', args, {
      env: { DOCKER_HOST: `unix://${socket}` },
    });
    if (exitCode !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr}`);
    return stdout.trim();
  };
  const made: LockedStack = {
    docker,
    pidOf: (service) => docker('inspect', '-f', '{{.State.Pid}}', `${PROJECT}-${service}-1`),
    async table() {
      const containers = await engine.containers(PROJECT);
      const networks = await engine.networks();
      const value = { containers, networks, missingImages: [], startedAtMs: null };
      const observed = { ...(await healthy()), engine: { ok: true, value } as const };
      const desired = desiredState(stack, appliancePaths(machine.root), observed, history, at(0));
      if (desired === null) throw new Error('there is a configuration');
      return desired.table;
    },
    commit: async (table) => nft.commit(convergence(table, await nft.list(table.family, table.name))),
  };
  await made.commit(await made.table());
  await openForwardPath(machine.inHost, '/usr/sbin/iptables');
  await upWith(machine, socket, image.reference);
  await made.commit(await made.table());
  return made;
}

async function upWith(machine: Machine, socket: string, image: string): Promise<void> {
  const service = (networks: object, more: object = {}) => ({
    image,
    entrypoint: ['/usr/bin/node', '-e', TELL_PEER, '80', '443', '8080'],
    pull_policy: 'never',
    cap_drop: ['ALL'],
    networks,
    ...more,
  });
  const at = ([ipv4_address, ipv6_address]: Place) => ({ ipv4_address, ipv6_address });
  const file = join(machine.root, 'stack', 'compose.json');
  await mkdir(join(machine.root, 'stack'), { recursive: true });
  const document = {
    name: PROJECT,
    services: {
      front: service({ rtc: at(AT.rtc.front), token: at(AT.token.front) }),
      media: service({ rtc: at(AT.rtc.media), token: at(AT.token.media) }),
      other: service({ rtc: at(AT.rtc.other) }),
      // A resolver on loopback would be asked by dockerd, on the host: past the lock.
      locked: service({ token: at(AT.token.locked) }, { dns: [AT.token.gateway[0]] }),
    },
    networks: composeNetworks(NETWORKS, 'test'),
  };
  await writeFile(file, JSON.stringify(document));
  const compose = createCompose({ run, engineSocket: socket, candidates: composePlugins });
  await compose.up({ file, services: [], forceRecreate: false });
}
