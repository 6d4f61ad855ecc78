import { stringify } from 'yaml';
import type { Certificates } from '../../config/check-certificates.ts';
import { PORTS } from './names.ts';

/** The name under which routes ask for certificates of the public authority. */
export const ACME_RESOLVER = 'public';

/**
 * What Traefik (v3.7) reads once, at its start. It asks nobody on the internet but, with `kind: acme`, the authority.
 * Routes come from files: labels would need the engine's socket in the one container that faces the internet. No
 * proxy is in front of it, so that what a client claims in `X-Forwarded-For` is not believed.
 */
export function traefikStatic(certificates: Certificates): string {
  return stringify({
    global: { checkNewVersion: false, sendAnonymousUsage: false },
    log: { level: 'INFO', format: 'json' },
    entryPoints: {
      web: {
        address: `:${PORTS.http}`,
        http: { redirections: { entryPoint: { to: 'websecure', scheme: 'https' } } },
      },
      websecure: { address: `:${PORTS.https}` },
      ping: { address: `:${PORTS.ping}` },
    },
    ping: { entryPoint: 'ping' },
    providers: { file: { directory: '/etc/traefik/dynamic', watch: true } },
    ...(certificates.kind === 'acme'
      ? {
          certificatesResolvers: {
            [ACME_RESOLVER]: {
              acme: {
                ...(certificates.email === null ? {} : { email: certificates.email }),
                storage: '/var/lib/traefik/acme.json',
                // RFC 8737: proven on 443, which is published anyway.
                tlsChallenge: {},
              },
            },
          },
        }
      : {}),
  });
}
