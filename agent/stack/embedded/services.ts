import type { ApplianceConfig } from '../../config/schema.ts';
import { coturnService } from '../coturn.ts';
import type { ServiceDefinition } from '../types.ts';

export const LIVEKIT = 'livekit';

/** The services of the embedded stack and the ports through which the world reaches them. */
export function embeddedServices(config: ApplianceConfig): readonly ServiceDefinition[] {
  return [
    {
      name: LIVEKIT,
      network: 'bridge',
      // 7880 (signalling) is Traefik's to publish, and this stack has none: the agent probes it on the bridge.
      published: [
        { protocol: 'tcp', port: 7881, service: LIVEKIT },
        { protocol: 'udp', port: 7882, service: LIVEKIT },
      ],
      open: [],
      dependsOn: [],
    },
    coturnService(config),
  ];
}
