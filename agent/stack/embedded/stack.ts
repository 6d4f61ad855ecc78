import { RELAY_USER } from '../coturn.ts';
import { singleNetwork } from '../networks.ts';
import { TURNSERVER_CONF, turnserverConf } from '../turnserver-conf.ts';
import type { RenderedFile, RenderInput, Stack } from '../types.ts';
import { composeFile } from './compose-file.ts';
import { embeddedProbes } from './probes.ts';
import { embeddedServices } from './services.ts';

/** A stand-in for LiveKit, and the real coturn: enough to prove an appliance without a registry. */
export const embeddedStack: Stack = {
  name: 'embedded',
  services: embeddedServices,
  networks: ({ network }) => singleNetwork(network),
  data: [],
  render,
  probes: embeddedProbes,
};

function render(input: RenderInput): readonly RenderedFile[] {
  const { config, addresses, secrets } = input;
  const conf = turnserverConf({ config, addresses, secrets: [secrets.turn] });
  return [
    {
      path: 'compose.yaml',
      content: composeFile(input, { turnserverConf: conf }),
      mode: 0o644,
      owner: { uid: 0, gid: 0 },
      secret: false,
    },
    {
      path: TURNSERVER_CONF,
      content: conf,
      // Readable by the one user that needs it: it holds the TURN secret.
      mode: 0o400,
      owner: RELAY_USER,
      secret: true,
    },
  ];
}
