import { join } from 'node:path';
import { composeText, coturnContainer, hardened, imageOf, labelled, mounted } from '../compose-services.ts';
import { COTURN, RELAY_USER } from '../coturn.ts';
import { generation } from '../generation.ts';
import { composeNetworks, singleNetwork } from '../networks.ts';
import { NETWORK, PROJECT, type RenderInput } from '../types.ts';
import { LIVEKIT } from './services.ts';

/** `nobody` of Debian. No service needs a capability, for no port is below 1024. */
const SERVICE_USER = { uid: 65534, gid: 65534 };

const STACK = 'embedded';

/**
 * The compose file, as text. There are no `ports:` (the agent publishes them itself) and no fixed addresses. What a
 * container is made from is named by its generation label, so that Compose makes anew only what changed.
 */
export function composeFile(input: RenderInput, files: { readonly turnserverConf: string }): string {
  const { config, directory } = input;
  const subnets = [config.network.subnet, config.network.subnet6].filter((subnet) => subnet !== 'none');
  const livekit = {
    ...hardened(imageOf(input, LIVEKIT), SERVICE_USER),
    mem_limit: '256m',
    pids_limit: 64,
    networks: [NETWORK],
  };
  const coturn = {
    ...coturnContainer(imageOf(input, COTURN), RELAY_USER),
    volumes: [mounted(join(directory, COTURN), join('/etc', COTURN))],
  };
  const document = {
    name: PROJECT,
    services: {
      [COTURN]: labelled(STACK, COTURN, coturn, generation([coturn, files.turnserverConf])),
      // A changed subnet means a new network, and that a container on it.
      [LIVEKIT]: labelled(STACK, LIVEKIT, livekit, generation([livekit, ...subnets])),
    },
    networks: composeNetworks(singleNetwork(config.network), STACK),
  };
  return composeText(document);
}
