import { join } from 'node:path';
import { stringify } from 'yaml';
import { generation } from '../generation.ts';
import { composeNetworks, singleNetwork } from '../networks.ts';
import { NETWORK, PROJECT, type RenderInput } from '../types.ts';
import { COTURN, LIVEKIT, RELAY_USER } from './services.ts';

/** `nobody` of Debian. No service needs a capability, for no port is below 1024. */
const SERVICE_USER = { uid: 65534, gid: 65534 };

/** Below `Paths.rendered` and below `/etc` of the container. */
export const TURNSERVER_CONF = 'coturn/turnserver.conf';

const STACK = 'embedded';

/**
 * The compose file, as text. There are no `ports:` (the agent publishes them itself) and no fixed addresses. What a
 * container is made from is named by its generation label, so that Compose makes anew only what changed.
 */
export function composeFile(input: RenderInput, files: { readonly turnserverConf: string }): string {
  const { config, secrets, directory } = input;
  const subnets = [config.network.subnet, config.network.subnet6].filter((subnet) => subnet !== 'none');
  const livekit = {
    ...hardened(imageOf(input, LIVEKIT), SERVICE_USER),
    mem_limit: '256m',
    pids_limit: 64,
    networks: [NETWORK],
  };
  const coturn = {
    ...hardened(imageOf(input, COTURN), RELAY_USER),
    mem_limit: '256m',
    pids_limit: 256,
    // Two sockets an allocation, and the listeners.
    ulimits: { nofile: { soft: 8192, hard: 8192 } },
    network_mode: 'host',
    // As process 1 it would not notice SIGTERM, for which it has no handler. It has nothing to save.
    stop_signal: 'SIGKILL',
    tmpfs: ['/tmp:size=16m,mode=1777'],
    volumes: [
      {
        type: 'bind',
        source: join(directory, TURNSERVER_CONF),
        target: join('/etc', TURNSERVER_CONF),
        read_only: true,
        bind: { create_host_path: false },
      },
    ],
  };
  const document = {
    name: PROJECT,
    services: {
      [COTURN]: labelled(COTURN, coturn, generation([coturn, files.turnserverConf], secrets.turn)),
      // A changed subnet means a new network, and that a container on it.
      [LIVEKIT]: labelled(LIVEKIT, livekit, generation([livekit, ...subnets])),
    },
    networks: composeNetworks(singleNetwork(config.network), STACK),
  };
  // A dollar sign is a variable to Compose; an anchor is one more thing for a person to follow.
  return stringify(document, { lineWidth: 0, aliasDuplicateObjects: false }).replaceAll('$', '$$$$');
}

/** What every service of the stack has: no privilege, nothing to write, bounded logs, never a registry. */
function hardened(image: string, user: { readonly uid: number; readonly gid: number }) {
  return {
    image,
    pull_policy: 'never',
    restart: 'unless-stopped',
    stop_grace_period: '5s',
    user: `${user.uid}:${user.gid}`,
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } },
  };
}

function labelled(service: string, definition: object, generationName: string) {
  return {
    ...definition,
    labels: {
      'org.appliance-agent.stack': STACK,
      'org.appliance-agent.service': service,
      'org.appliance-agent.generation': generationName,
    },
  };
}

function imageOf({ images }: RenderInput, service: string): string {
  const image = images.find((candidate) => candidate.service === service);
  // `readImages` has checked that every service has one.
  if (image === undefined) throw new Error(`no image for service ${service}`);
  return image.reference;
}
