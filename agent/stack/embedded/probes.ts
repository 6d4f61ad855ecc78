import { COTURN, canRelayFrom, TURN_PORT } from '../coturn.ts';
import type { ProbeSpec } from '../types.ts';
import { LIVEKIT } from './services.ts';

/**
 * What shows that a service of this stack serves. Without a backend a bridge service has no address to be asked at, and
 * so no probes: that is no success.
 */
export function embeddedProbes(
  service: string,
  { backend, host }: { readonly backend: string | null; readonly host: string },
): readonly ProbeSpec[] {
  const relay = (transport: 'udp' | 'tcp') =>
    ({ kind: 'turn-relay', host, port: TURN_PORT, transport, peerPort: 7882, echo: true }) as const;
  if (service === COTURN) {
    const binding = { kind: 'stun', host, port: TURN_PORT } as const;
    return canRelayFrom(host) ? [binding, relay('udp'), relay('tcp')] : [binding];
  }
  if (service !== LIVEKIT || backend === null) return [];
  return [
    { kind: 'http', url: `http://${backend}:7880/`, body: 'OK' },
    { kind: 'tcp-echo', host: backend, port: 7881 },
    { kind: 'udp-echo', host: backend, port: 7882 },
  ];
}
