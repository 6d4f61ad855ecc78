import { COTURN, coturnProbes } from '../coturn.ts';
import type { ProbePlaces, ProbeSpec } from '../types.ts';
import { LIVEKIT } from './services.ts';

/**
 * What shows that a service of this stack serves. Without a backend a bridge service has no address to be asked at, and
 * so no probes: that is no success.
 */
export function embeddedProbes(service: string, at: ProbePlaces): readonly ProbeSpec[] {
  if (service === COTURN) return coturnProbes(at, { port: 7882, echo: true });
  const { backend } = at;
  if (service !== LIVEKIT || backend === null) return [];
  return [
    { kind: 'http', url: `http://${backend}:7880/`, body: 'OK' },
    { kind: 'tcp-echo', host: backend, port: 7881 },
    { kind: 'udp-echo', host: backend, port: 7882 },
  ];
}
