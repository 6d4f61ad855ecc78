import type { ApplianceConfig } from '../../config/schema.ts';
import { coturnService } from '../coturn.ts';
import type { Protocol, ServiceDefinition } from '../types.ts';
import { LIVEKIT, LK_JWT, PORTS, TRAEFIK, TUWUNEL } from './names.ts';

/** The services of the stack and the ports through which the world reaches them. */
export function elementCallServices(config: ApplianceConfig): readonly ServiceDefinition[] {
  return [
    onBridge(LIVEKIT, [
      ['tcp', PORTS.mediaTcp],
      ['udp', PORTS.mediaUdp],
    ]),
    coturnService(config),
    // It asks whatever host a caller names: it may reach Traefik, behind which the homeserver and LiveKit's API are,
    // and LiveKit, which tells it of participants.
    { ...onBridge(LK_JWT, []), egress: [TRAEFIK, LIVEKIT] },
    onBridge(TUWUNEL, []),
    onBridge(TRAEFIK, [
      ['tcp', PORTS.http],
      ['tcp', PORTS.https],
    ]),
  ];
}

function onBridge(
  service: string,
  published: readonly (readonly [protocol: Protocol, port: number])[],
): ServiceDefinition {
  return {
    name: service,
    network: 'bridge',
    published: published.map(([protocol, port]) => ({ protocol, port, service })),
    open: [],
    dependsOn: [],
  };
}
