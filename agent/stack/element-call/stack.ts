import { dirname } from 'node:path';
import type { ApplianceConfig, ElementCallConfig } from '../../config/schema.ts';
import { COTURN } from '../coturn.ts';
import { generationsOf } from '../generations.ts';
import { networksWithLocked } from '../networks.ts';
import { turnDatabase } from '../turn-credentials.ts';
import { TURNSERVER_CONF, turnserverConf } from '../turnserver-conf.ts';
import type { LockedNetwork, NetworkDefinition, RenderedFile, RenderInput, Stack } from '../types.ts';
import { composeFile, lkJwtAddresses } from './compose-file.ts';
import { LIVEKIT_KEYS, LIVEKIT_TURN_SECRET, livekitYaml, sharesRooms } from './livekit-yaml.ts';
import { LIVEKIT, LK_JWT, REDIS, TRAEFIK, TUWUNEL, USERS } from './names.ts';
import { elementCallProbes } from './probes.ts';
import { redisConf } from './redis.ts';
import { refuseUnusable } from './refuse-unusable.ts';
import { ROTATIONS } from './rotations.ts';
import { elementCallServices } from './services.ts';
import { traefikCertificates } from './traefik-certificates.ts';
import { traefikRoutes } from './traefik-routes.ts';
import { traefikStatic } from './traefik-static.ts';

/** LiveKit, coturn, lk-jwt-service, Tuwunel and Traefik: Element Call on a homeserver of one's own. */
export const elementCallStack: Stack = {
  name: 'element-call',
  services: elementCallServices,
  networks: (config) => (config.elementCall?.role === 'media' ? [networksOf(config)[0]] : networksOf(config)),
  data: ([TUWUNEL, TRAEFIK] as const).map((name) => ({ name, owner: USERS[name] })),
  rotations: ROTATIONS,
  render,
  generations: generationsOf,
  probes: elementCallProbes,
};

function networksOf({ network }: ApplianceConfig): readonly [NetworkDefinition, LockedNetwork] {
  return networksWithLocked(network, LK_JWT);
}

function render(input: RenderInput): readonly RenderedFile[] {
  const { config, addresses, secrets, certificates } = input;
  const elementCall = settingsOf(config);
  const [network, locked] = networksOf(config);
  const coturn = [plainFile(TURNSERVER_CONF, turnserverConf({ config, addresses }))];
  const key = secrets.livekitKey;
  const redisPassword = secrets.redis;
  const livekitConfig = livekitYaml({ config, elementCall, addresses, network, key, redisPassword });
  const { livekitKey: keyBefore, livekitSecret: secretBefore } = secrets.previous;
  const keysBefore = keyBefore === undefined ? '' : `${keyBefore}: ${secretBefore}\n`;
  const livekit = [
    sharesRooms(elementCall)
      ? secretOf(LIVEKIT, 'livekit.yaml', livekitConfig)
      : plain(LIVEKIT, 'livekit.yaml', livekitConfig),
    secretOf(LIVEKIT, LIVEKIT_KEYS, `${key}: ${secrets.livekitSecret}\n${keysBefore}`),
    secretOf(LIVEKIT, LIVEKIT_TURN_SECRET, `${secrets.turn}\n`),
  ];
  const lkJwt = [
    secretOf(LK_JWT, 'key', `${key}\n`),
    secretOf(LK_JWT, 'secret', `${secrets.livekitSecret}\n`),
    ...(certificates?.ca ? [plain(LK_JWT, 'ca.pem', certificates.ca)] : []),
  ];
  const traefik = [plain(TRAEFIK, 'traefik.yml', traefikStatic(elementCall.certificates))];
  const redis = [secretOf(REDIS, 'redis.conf', redisConf(redisPassword))];
  const readAnew = [
    turnDatabase(config.turn.realm, secrets, ['turn', 'turnLegacy']),
    secretOf(TUWUNEL, 'turn-secret', `${secrets.turnLegacy}\n`),
    plain(TRAEFIK, 'dynamic/routes.yml', traefikRoutes(elementCall, lkJwtAddresses(locked))),
    secretOf(TRAEFIK, 'dynamic/certificates.yml', traefikCertificates(certificates)),
  ];
  const readAtStart = {
    [COTURN]: coturn,
    [LIVEKIT]: livekit,
    [LK_JWT]: lkJwt,
    [TRAEFIK]: traefik,
    [REDIS]: redis,
  };
  const compose: RenderedFile = {
    path: 'compose.yaml',
    content: composeFile(input, elementCall, [network, locked], contents(readAtStart)),
    mode: 0o644,
    owner: { uid: 0, gid: 0 },
    secret: false,
  };
  const services = elementCallServices(config);
  const present = new Set(services.map(({ name }) => name));
  // Each file is in the folder of the service that reads it.
  const files = [compose, ...Object.values(readAtStart).flat(), ...readAnew].filter(
    ({ path }) => path === compose.path || present.has(dirname(path)) || present.has(dirname(dirname(path))),
  );
  refuseUnusable(files, services);
  return files;
}

function contents(files: Readonly<Record<string, readonly RenderedFile[]>>) {
  return Object.fromEntries(
    Object.entries(files).map(([service, of]) => [service, of.map(({ content }) => content)]),
  );
}

type Owned = keyof typeof USERS;

const plain = (service: Owned, name: string, content: string) => plainFile(`${service}/${name}`, content);

function plainFile(path: string, content: string): RenderedFile {
  return { path, content, mode: 0o444, owner: { uid: 0, gid: 0 }, secret: false };
}

/** Readable by the one user that needs it. */
function secretOf(service: Owned, name: string, content: string): RenderedFile {
  return { path: `${service}/${name}`, content, mode: 0o400, owner: USERS[service], secret: true };
}

/** The configuration was checked to have them with this stack. */
function settingsOf({ elementCall }: ApplianceConfig): ElementCallConfig {
  if (elementCall === null) throw new Error('the stack element-call has no configuration');
  return elementCall;
}
