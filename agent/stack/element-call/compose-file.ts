import { join } from 'node:path';
import type { ElementCallConfig } from '../../config/schema.ts';
import { composeText, coturnContainer, hardened, imageOf, labelled, mounted } from '../compose-services.ts';
import { COTURN, RELAY_USER, TURN_PORT } from '../coturn.ts';
import { generation } from '../generation.ts';
import { addressIn, composeNetworks } from '../networks.ts';
import { TURNSERVER_CONF } from '../turnserver-conf.ts';
import {
  LOCKED_NETWORK,
  type LockedNetwork,
  NETWORK,
  type NetworkDefinition,
  PROJECT,
  type RenderInput,
} from '../types.ts';
import { LIVEKIT, LK_JWT, PORTS, REDIS, TRAEFIK, TUWUNEL, USERS } from './names.ts';
import { redisContainer } from './redis.ts';
import { elementCallServices } from './services.ts';

const STACK = 'element-call';

/** Places in the network of lk-jwt-service. All have a fixed one there: the routes know it by its address. */
const PLACES = { [TRAEFIK]: 2, [LIVEKIT]: 3, [LK_JWT]: 4 } as const;

/** The addresses of lk-jwt-service in its network. */
export function lkJwtAddresses(locked: NetworkDefinition): readonly string[] {
  return Object.values(placeIn(locked, LK_JWT));
}

/**
 * The compose file, as text. There are no `ports:`, for the agent publishes them itself, and no `depends_on:`: every
 * service starts without the others, and bringing one up must not start another that is on hold. A container is made
 * anew when its generation changes, which names its definition, its networks, and the files that it reads at its
 * start: `readAtStart`, by service.
 */
export function composeFile(
  input: RenderInput,
  elementCall: ElementCallConfig,
  [open, locked]: readonly [NetworkDefinition, LockedNetwork],
  readAtStart: Readonly<Record<string, readonly string[]>>,
): string {
  const { config, directory, dataDirectory, secrets } = input;
  const { domains, certificates } = elementCall;
  const { participants } = config.capacity;
  const turnUri = (transport: string) => `turn:${domains.turn}:${TURN_PORT}?transport=${transport}`;
  const media = elementCall.role === 'media';
  const privateCa = certificates.kind === 'private-ca';
  const definitions: Readonly<Record<string, () => object>> = {
    [COTURN]: () => ({
      ...coturnContainer(imageOf(input, COTURN), RELAY_USER),
      // Upstream's program has this as a file capability: a kernel that may not grant it does not start the program.
      // It does not get it either, for no-new-privileges.
      cap_add: ['NET_BIND_SERVICE'],
      // Upstream's own command asks a third party for the public address.
      entrypoint: ['/usr/bin/turnserver', '-c', join('/etc', TURNSERVER_CONF)],
      volumes: [mounted(join(directory, COTURN), join('/etc', COTURN))],
    }),
    [LIVEKIT]: () => ({
      ...hardened(imageOf(input, LIVEKIT), USERS[LIVEKIT]),
      command: ['--config', '/etc/livekit/livekit.yaml'],
      mem_limit: `${256 + 8 * participants}m`,
      pids_limit: 512,
      networks: { [NETWORK]: {}, ...(media ? {} : { [LOCKED_NETWORK]: placeIn(locked, LIVEKIT) }) },
      volumes: [mounted(join(directory, LIVEKIT), '/etc/livekit')],
      healthcheck: healthcheck(`http://127.0.0.1:${PORTS.signalling}/`),
    }),
    [LK_JWT]: () => ({
      ...hardened(imageOf(input, LK_JWT), USERS[LK_JWT]),
      mem_limit: '128m',
      pids_limit: 128,
      networks: { [LOCKED_NETWORK]: placeIn(locked, LK_JWT) },
      // A resolver of the host's that is on loopback would be asked by dockerd, past the lock: names carry data out.
      // This one is the host itself, which refuses; the names of services Docker answers without it.
      dns: [addressIn(locked.subnet, 1)],
      dns_opt: ['timeout:1', 'attempts:1'],
      environment: {
        LIVEKIT_URL: `wss://${domains.rtc}`,
        LIVEKIT_KEY_FROM_FILE: '/etc/lk-jwt/key',
        LIVEKIT_SECRET_FROM_FILE: '/etc/lk-jwt/secret',
        LIVEKIT_FULL_ACCESS_HOMESERVERS: domains.serverName,
        ...(privateCa ? { SSL_CERT_FILE: '/etc/lk-jwt/ca.pem' } : {}),
      },
      volumes: [mounted(join(directory, LK_JWT), '/etc/lk-jwt')],
    }),
    [TUWUNEL]: () => ({
      ...hardened(imageOf(input, TUWUNEL), USERS[TUWUNEL]),
      // Named, for the agent sends it itself for a backup: Docker starts a container again that ends by another.
      stop_signal: 'SIGTERM',
      stop_grace_period: '30s',
      mem_limit: '1536m',
      pids_limit: 1024,
      networks: { [NETWORK]: {} },
      environment: {
        TUWUNEL_SERVER_NAME: domains.serverName,
        TUWUNEL_DATABASE_PATH: '/var/lib/tuwunel',
        TUWUNEL_ADDRESS: '0.0.0.0',
        TUWUNEL_PORT: String(PORTS.tuwunel),
        TUWUNEL_ALLOW_REGISTRATION: 'false',
        TUWUNEL_ALLOW_FEDERATION: 'false',
        TUWUNEL_TRUSTED_SERVERS: '[]',
        TUWUNEL_IP_SOURCE: 'rightmost_x_forwarded_for',
        TUWUNEL_WELL_KNOWN__CLIENT: `https://${domains.matrix}`,
        TUWUNEL_WELL_KNOWN__SERVER: `${domains.matrix}:${PORTS.https}`,
        TUWUNEL_WELL_KNOWN__LIVEKIT_URL: `https://${domains.rtc}`,
        TUWUNEL_TURN_URIS: JSON.stringify(['udp', 'tcp'].map(turnUri)),
        TUWUNEL_TURN_SECRET_FILE: '/etc/tuwunel/turn-secret',
      },
      tmpfs: ['/tmp:size=64m,mode=1777'],
      volumes: [
        mounted(join(directory, TUWUNEL), '/etc/tuwunel'),
        mounted(join(dataDirectory, TUWUNEL), '/var/lib/tuwunel', 'write'),
      ],
    }),
    [TRAEFIK]: () => ({
      ...hardened(imageOf(input, TRAEFIK), USERS[TRAEFIK]),
      command: ['--configFile=/etc/traefik/traefik.yml'],
      mem_limit: '256m',
      pids_limit: 256,
      // Ports below 1024 without a capability, in its own network namespace.
      sysctls: { 'net.ipv4.ip_unprivileged_port_start': '0' },
      networks: {
        [NETWORK]: {},
        // lk-jwt-service finds here what it asks by name, and need not go by way of the internet.
        [LOCKED_NETWORK]: {
          ...placeIn(locked, TRAEFIK),
          aliases: [...new Set([domains.rtc, domains.matrix, domains.serverName])],
        },
      },
      volumes: [
        mounted(join(directory, TRAEFIK), '/etc/traefik'),
        mounted(join(dataDirectory, TRAEFIK), '/var/lib/traefik', 'write'),
      ],
      healthcheck: healthcheck(`http://127.0.0.1:${PORTS.ping}/ping`),
    }),
    [REDIS]: () => redisContainer(input),
  };
  const names = new Set(elementCallServices(config).map(({ name }) => name));
  const present = Object.entries(definitions).filter(([name]) => names.has(name));
  const subnets = [open.subnet, open.subnet6, locked.subnet, locked.subnet6];
  return composeText({
    name: PROJECT,
    services: Object.fromEntries(
      present.map(([name, define]) => {
        const definition = define();
        const parts = [definition, name === COTURN ? [] : subnets, readAtStart[name] ?? []];
        // Of a name that anybody may see nothing of a secret can be learnt without another one.
        return [name, labelled(STACK, name, definition, generation(parts, keyOf(name, secrets)))];
      }),
    ),
    networks: composeNetworks(media ? [open] : [open, locked], STACK),
  });
}

/** A secret that the service reads anyway, if it reads any: the rotation of another must not give it a new name. */
function keyOf(service: string, secrets: RenderInput['secrets']): string | undefined {
  return service === LIVEKIT || service === LK_JWT ? secrets.livekitSecret : undefined;
}

function placeIn({ subnet, subnet6 }: NetworkDefinition, service: keyof typeof PLACES) {
  const place = PLACES[service];
  return {
    ipv4_address: addressIn(subnet, place),
    ...(subnet6 === null ? {} : { ipv6_address: addressIn(subnet6, place) }),
  };
}

/** For `docker ps`; the agent asks from outside. Images with a check of their own keep it. */
function healthcheck(url: string) {
  return { test: ['CMD', 'wget', '-q', '-O', '/dev/null', url], interval: '30s', timeout: '5s', retries: 3 };
}
