import { COTURN, coturnProbes } from '../coturn.ts';
import type { ProbePlaces, ProbeSpec } from '../types.ts';
import { LIVEKIT, LK_JWT, PORTS, REDIS, TRAEFIK, TUWUNEL } from './names.ts';

/**
 * What shows that a service serves, as far as a question without an account can. LiveKit answers no STUN on its media
 * port but of a call, and lk-jwt-service's health page tests neither the homeserver nor the SFU. Without a backend a
 * bridge service has no address to be asked at, and so no probes: that is no success.
 */
export function elementCallProbes(service: string, at: ProbePlaces): readonly ProbeSpec[] {
  if (service === COTURN) return coturnProbes(at, { port: PORTS.mediaUdp, echo: false });
  const { backend } = at;
  if (backend === null) return [];
  const http = (port: number, path: string) =>
    ({ kind: 'http', url: `http://${backend}:${port}${path}` }) as const;
  switch (service) {
    case LIVEKIT:
      return [
        { ...http(PORTS.signalling, '/'), body: 'OK' },
        { kind: 'tcp', host: backend, port: PORTS.mediaTcp },
      ];
    case LK_JWT:
      return [http(PORTS.lkJwt, '/healthz')];
    case TUWUNEL:
      return [http(PORTS.tuwunel, '/_tuwunel/server_version')];
    case REDIS:
      return [{ kind: 'tcp', host: backend, port: PORTS.redis }];
    case TRAEFIK:
      return [http(PORTS.ping, '/ping')];
    default:
      return [];
  }
}
