import { generationsOf } from '../generations.ts';
import { singleNetwork } from '../networks.ts';
import { TURN_CREDENTIAL_MS, turnDatabase } from '../turn-credentials.ts';
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
  // Nobody but the agent's probe makes credentials here, and coturn is told without a restart.
  rotations: new Map([
    ['turn', { overlapMs: TURN_CREDENTIAL_MS, cutsCalls: { switch: false, withdraw: false } }],
  ]),
  render,
  generations: generationsOf,
  probes: embeddedProbes,
};

function render(input: RenderInput): readonly RenderedFile[] {
  const { config, addresses, secrets } = input;
  const conf = turnserverConf({ config, addresses });
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
      mode: 0o444,
      owner: { uid: 0, gid: 0 },
      secret: false,
    },
    turnDatabase(config.turn.realm, secrets, ['turn']),
  ];
}
