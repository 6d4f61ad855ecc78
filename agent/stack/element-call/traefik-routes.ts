import { stringify } from 'yaml';
import type { ElementCallConfig } from '../../config/schema.ts';
import { LIVEKIT, LK_JWT, PORTS, TUWUNEL } from './names.ts';
import { ACME_RESOLVER } from './traefik-static.ts';

interface Route {
  /** In Traefik's rule syntax v3. */
  readonly rule: string;
  readonly service: string;
  readonly vpnOnly?: true;
  /** Traefik prefers the longer rule by itself; what must win says so. */
  readonly priority?: number;
}

const INTERNAL = 10_000;

/**
 * The routes, which Traefik takes up when the file changes, without a restart.
 *
 * Everybody reaches tokens and signalling. The homeserver is for the VPN, and to anybody else a 403. lk-jwt-service
 * alone, known by its addresses, reaches three more things: how the homeserver is found and whose token it was given
 * (by both names: discovery may end at either), and LiveKit's API. What no route names is a 404: webhooks, metrics and
 * LiveKit's API for everybody else.
 */
export function traefikRoutes(
  { domains, vpn, certificates }: ElementCallConfig,
  /** Addresses of lk-jwt-service. */
  lkJwt: readonly string[],
): string {
  const fromLkJwt = anyOf(lkJwt.map((address) => `ClientIP(\`${address}\`)`));
  const homeserver = anyOf([...new Set([domains.matrix, domains.serverName])].map(host));
  const routes: Readonly<Record<string, Route>> = {
    token: {
      rule: `${host(domains.rtc)} && ${anyOf(['/sfu/get', '/get_token', '/delegate_delayed_leave'].map(path))}`,
      service: LK_JWT,
    },
    signalling: { rule: `${host(domains.rtc)} && PathPrefix(\`/rtc\`)`, service: LIVEKIT },
    homeserver: { rule: homeserver, service: TUWUNEL, vpnOnly: true },
    'token-check': {
      rule: `${homeserver} && ${fromLkJwt} && ${anyOf(['/_matrix/federation/v1/openid/userinfo', '/.well-known/matrix/server'].map(path))}`,
      service: TUWUNEL,
      priority: INTERNAL,
    },
    'room-creation': {
      rule: `${host(domains.rtc)} && ${fromLkJwt} && PathPrefix(\`/twirp\`)`,
      service: LIVEKIT,
      priority: INTERNAL,
    },
  };
  const tls = certificates.kind === 'acme' ? { certResolver: ACME_RESOLVER } : {};
  return stringify(
    {
      http: {
        middlewares: { 'vpn-only': { ipAllowList: { sourceRange: vpn.ranges } } },
        routers: Object.fromEntries(
          Object.entries(routes).map(([name, { rule, service, vpnOnly, priority }]) => [
            name,
            {
              rule,
              service,
              entryPoints: ['websecure'],
              ...(vpnOnly ? { middlewares: ['vpn-only@file'] } : {}),
              ...(priority === undefined ? {} : { priority }),
              tls,
            },
          ]),
        ),
        services: {
          [LIVEKIT]: server(LIVEKIT, PORTS.signalling),
          [LK_JWT]: server(LK_JWT, PORTS.lkJwt),
          [TUWUNEL]: server(TUWUNEL, PORTS.tuwunel),
        },
      },
    },
    { lineWidth: 0, aliasDuplicateObjects: false },
  );
}

const host = (name: string) => `Host(\`${name}\`)`;
const path = (value: string) => `Path(\`${value}\`)`;
const anyOf = (rules: readonly string[]) => (rules.length === 1 ? rules.join('') : `(${rules.join(' || ')})`);
const server = (name: string, port: number) => ({
  loadBalancer: { servers: [{ url: `http://${name}:${port}` }] },
});
