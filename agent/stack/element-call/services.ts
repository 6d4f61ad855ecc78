import type { ApplianceConfig } from '../../config/schema.ts';
import { coturnService } from '../coturn.ts';
import type { Protocol, ServiceDefinition } from '../types.ts';
import { LIVEKIT, LK_JWT, PORTS, REDIS, TRAEFIK, TUWUNEL } from './names.ts';

/** The services of the stack and the ports through which the world reaches them. */
export function elementCallServices(config: ApplianceConfig): readonly ServiceDefinition[] {
  const media = [
    onBridge(LIVEKIT, [
      ['tcp', PORTS.mediaTcp],
      ['udp', PORTS.mediaUdp],
    ]),
    coturnService(config),
  ];
  if (config.elementCall?.role === 'media') return media;
  return [
    ...media,
    ...redisFor(config.elementCall?.mediaNodes ?? []),
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

/** Open to the further appliances, and to nobody else. */
function redisFor(from: readonly string[]): readonly ServiceDefinition[] {
  if (from.length === 0) return [];
  const published = [{ protocol: 'tcp', port: PORTS.redis, service: REDIS, from }] as const;
  return [{ ...onBridge(REDIS, []), published }];
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
