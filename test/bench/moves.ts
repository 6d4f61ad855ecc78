import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { createCompose } from '../../agent/engine/compose.ts';
import { run } from '../../agent/system/processes.ts';
import type { Appliance } from '../support/appliance.ts';
import { type Client, createClient } from '../support/client.ts';
import { composePlugins } from '../support/stack.ts';
import type { Move } from './counts.ts';
import { type DockerHost, NETWORK } from './docker-host.ts';
import { operator } from './operator.ts';
import { serves } from './serves.ts';

/** A service behind 7882/udp that can be moved to another address. */
export interface Movable {
  readonly by: 'Docker' | 'appliance-agent';
  readonly client: Client;
  /** Brings the service up on an address that the move will not lead to; resolves when it serves. */
  prepare(): Promise<void>;
  /** Moves it; resolves when the command that moves it has ended. */
  move(move: Move): Promise<void>;
  address(): Promise<string>;
  /** Gives the port back to what is measured next. */
  leave(): Promise<void>;
}

/** Free for the whole run: Docker gives out the lowest address that is free. */
const FROM = '172.30.5.77';
const TO = '172.30.5.78';

/** A container whose port Docker publishes, moved by hand: nothing watches over it. */
export function publishedByDocker(host: DockerHost): Movable {
  const container = 'bench-sfu';
  const file = join(host.machine.root, 'bench-compose.yaml');
  const runAt = (address: string) =>
    host.docker(
      ...['run', '--detach', '--name', container, '--network', NETWORK, '--ip', address],
      ...['--publish', '7882:7882/udp', host.image],
    );
  const up = async (address: string) => {
    const service = {
      image: host.image,
      container_name: container,
      ports: ['7882:7882/udp'],
      networks: { [NETWORK]: { ipv4_address: address } },
    };
    const networks = { [NETWORK]: { external: true } };
    await writeFile(file, stringify({ services: { sfu: service }, networks }));
    await host.compose.up({ file, services: [], forceRecreate: true });
  };
  return {
    by: 'Docker',
    client: createClient(host.machine),
    async prepare() {
      await host.docker('rm', '--force', container);
      await up(FROM);
      await host.peersOf(container);
    },
    async move(move) {
      if (move === 'compose') return up(TO);
      if (move === 'network') return reconnect(host.docker, NETWORK, container, TO);
      await host.docker('rm', '--force', container);
      await runAt(TO);
    },
    address: () => host.addressOf(container),
    async leave() {
      await host.docker('rm', '--force', container);
    },
  };
}

/** The SFU of an appliance whose agent runs. What is removed, the agent makes again; nobody else does. */
export function publishedByUs(appliance: Appliance): Movable {
  const container = 'appliance-livekit-1';
  const network = 'appliance_rtc';
  const compose = createCompose({
    run,
    engineSocket: appliance.paths.engineSocket,
    candidates: composePlugins,
  });
  const address = async () => (await targetOf(appliance)).split(':')[0] ?? '';
  return {
    by: 'appliance-agent',
    client: createClient(appliance.machine),
    async prepare() {
      // Earlier trials must not count as failures that call for patience.
      await operator(appliance, 'heal', 'livekit');
      await appliance.until('all services serve', 30_000, serves);
      if ((await address()) !== FROM) await reconnect(appliance.docker, network, container, FROM);
      await appliance.until(
        `the SFU serves at ${FROM}`,
        30_000,
        (status) => serves(status) && targetIn(status) === `${FROM}:7882`,
      );
    },
    async move(move) {
      if (move === 'network') return reconnect(appliance.docker, network, container, TO);
      if (move === 'removed') {
        await appliance.docker('rm', '--force', container);
        return;
      }
      const file = join(appliance.paths.rendered, 'compose.yaml');
      await compose.up({ file, services: ['livekit'], forceRecreate: true });
    },
    address,
    leave: async () => undefined,
  };
}

type Docker = (...args: string[]) => Promise<string>;

async function reconnect(docker: Docker, network: string, container: string, to: string): Promise<void> {
  await docker('network', 'disconnect', '--force', network, container);
  await docker('network', 'connect', '--ip', to, network, container);
}

type Status = Awaited<ReturnType<Appliance['status']>>;

const targetIn = (status: Status) =>
  status.firewall.published.find(({ port }) => port === 7882)?.target ?? null;

async function targetOf(appliance: Appliance): Promise<string> {
  return (
    targetIn(await appliance.until('it has an address', 30_000, (status) => targetIn(status) !== null)) ?? ''
  );
}
