import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCompose } from '../../agent/engine/compose.ts';
import { createEngine } from '../../agent/engine/engine.ts';
import type { Compose } from '../../agent/engine/types.ts';
import { desiredTable } from '../../agent/firewall/desired-table.ts';
import { openForwardPath } from '../../agent/firewall/forward-path.ts';
import { convergence, createNft, NFT_PROGRAM, type Nft, removal } from '../../agent/nftables/index.ts';
import type { TableSpec } from '../../agent/nftables/objects.ts';
import { BRIDGE, type PublishedPort } from '../../agent/stack/types.ts';
import { run, runOk } from '../../agent/system/processes.ts';
import { startEngine } from '../support/engine.ts';
import { testImages } from '../support/images.ts';
import { createMachine, type Machine } from '../support/machine.ts';
import { composePlugins } from '../support/stack.ts';

/** The bridge network of the containers: the same bridge and subnet as the appliance's. */
export const NETWORK = 'bench';
export const SUBNET = '172.30.5.0/24';

/** Debian's client: another may stand first on PATH. */
const DOCKER = '/usr/bin/docker';

/** A machine with a Docker Engine and no agent: what it publishes, Docker publishes, unless `publish` is called. */
export interface DockerHost {
  readonly machine: Machine;
  readonly compose: Compose;
  readonly engineVersion: string;
  readonly engineSocket: string;
  /** The stand-in for LiveKit: it echoes what comes to 7882/udp. */
  readonly image: string;
  docker(...args: string[]): Promise<string>;
  /** The address of a container on the bridge. */
  addressOf(container: string): Promise<string>;
  /** Whose addresses the stand-in in a container saw over UDP, the newest last; waits until it serves. */
  peersOf(container: string): Promise<string[]>;
  /** Does what the agent does when a container has started, until its ports are open. */
  publish(ports: readonly PublishedPort[], address: string | null): Promise<void>;
  /** Removes the table. */
  unpublish(): Promise<void>;
  destroy(): Promise<void>;
}

/** Starts the engine, with the stand-in's image and the bridge network. */
export async function startDockerHost(): Promise<DockerHost> {
  const { directory, images } = await testImages();
  const standin = images.find(({ service }) => service === 'livekit');
  if (standin === undefined) throw new Error('there is no image of the stand-in');
  const machine = await createMachine();
  try {
    const { socket } = await startEngine({ root: machine.root, netns: machine.hostNamespace });
    const engine = createEngine({ socket });
    await engine.loadImage(join(directory, standin.archive));
    const { version } = await engine.version();
    const host = dockerHost(machine, socket, { image: standin.reference, engineVersion: version });
    const bridge = `com.docker.network.bridge.name=${BRIDGE}`;
    await host.docker('network', 'create', '--subnet', SUBNET, '--opt', bridge, NETWORK);
    return host;
  } catch (error) {
    await machine.destroy();
    throw error;
  }
}

function dockerHost(
  machine: Machine,
  socket: string,
  facts: Pick<DockerHost, 'image' | 'engineVersion'>,
): DockerHost {
  const nft = nftOf(machine);
  const docker = async (...args: string[]) => {
    const env = { DOCKER_HOST: `unix://${socket}` };
    // 201 ports take Docker more than ten seconds to take away, on a machine that is busy longer.
    const options = { timeoutMs: 120_000, env, code: 'DOCKER_FAILED', hint: '' };
    return (await runOk(run, DOCKER, args, options)).stdout;
  };
  const addressOf = async (container: string) => {
    const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
    return (await docker('inspect', '-f', format, container)).trim();
  };
  return {
    machine,
    ...facts,
    engineSocket: socket,
    compose: createCompose({ run, engineSocket: socket, candidates: composePlugins }),
    docker,
    addressOf,
    async peersOf(container) {
      const url = `http://${await addressOf(container)}:7880/peers`;
      const print = 'fetch(process.argv[1]).then((answer) => answer.text()).then(console.log)';
      for (let tries = 0; tries < 100; tries += 1) {
        const { exitCode, stdout } = await machine.inHost(process.execPath, ['-e', print, url]);
        if (exitCode === 0) return udpPeersIn(stdout);
        await sleep(50);
      }
      throw new Error(`nothing answers at ${url}`);
    },
    async publish(ports, address) {
      const spec = tableOf(ports, new Map(ports.map(({ service }) => [service, address])));
      await nft.commit(convergence(spec, await nft.list(spec.family, spec.name)));
      await openForwardPath(machine.inHost, '/usr/sbin/iptables');
    },
    unpublish: () => nft.commit(removal('inet', 'appliance')),
    destroy: () => machine.destroy(),
  };
}

function udpPeersIn(answer: string): string[] {
  const peers: { protocol: string; address: string }[] = JSON.parse(answer);
  return peers.filter(({ protocol }) => protocol === 'udp').map(({ address }) => address);
}

/** The nft of a machine's host namespace. Each run of it costs one of nsenter, which the agent has not. */
export function nftOf({ hostNamespace, root }: Machine): Nft {
  const command = ['nsenter', `--net=/run/netns/${hostNamespace}`, '--', NFT_PROGRAM];
  return createNft({ run, temporaryDirectory: root, command });
}

/** The agent's table for these ports. */
export function tableOf(
  published: readonly PublishedPort[],
  backends: ReadonlyMap<string, string | null>,
): TableSpec {
  return desiredTable({
    published,
    open: [],
    relays: [],
    backends,
    backends6: new Map(),
    network: { name: NETWORK, bridge: BRIDGE, subnet: SUBNET, subnet6: null },
    locked: [],
    publicAddresses: [],
    hostBehind: new Map(),
    masquerade: false,
    perimeter: { confirmed: null, trial: null },
    mdns: false,
  });
}
