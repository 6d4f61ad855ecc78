import { stringify } from 'yaml';
import type { ApplianceConfig, ElementCallConfig } from '../../config/schema.ts';
import { TURN_PORT } from '../coturn.ts';
import { TURN_CREDENTIAL_MS } from '../turn-credentials.ts';
import type { NetworkDefinition } from '../types.ts';
import { mediaAddresses } from './media-address.ts';
import { LK_JWT, PORTS, REDIS } from './names.ts';

/** Below `/etc/livekit` of the container. */
export const LIVEKIT_KEYS = 'keys.yaml';
export const LIVEKIT_TURN_SECRET = 'turn-secret';

/** What a participant may cost: two tracks of their own and those of nineteen others; 10 Mbit/s in both directions. */
const TRACKS_A_PARTICIPANT = 40;
const BYTES_PER_SECOND_A_PARTICIPANT = 1_250_000;

/**
 * LiveKit's configuration (v1.13, pkg/config/config.go), which refuses a key that it does not know.
 *
 * `node_ip` and `ips` make its candidates exactly the public address: those of the containers' networks are of no use
 * to anybody. Clients are told our relay; with no TURN server of ours they would be told public STUN servers. Nobody
 * makes a room but lk-jwt-service, and that only for users of this homeserver.
 */
export function livekitYaml(input: {
  readonly config: ApplianceConfig;
  readonly elementCall: ElementCallConfig;
  readonly addresses: readonly string[];
  /** The network by which it is reached. */
  readonly network: NetworkDefinition;
  /** Name of the key, which is no secret. */
  readonly key: string;
  readonly redisPassword: string;
}): string {
  const { config, elementCall, addresses, network, key, redisPassword } = input;
  const { participants } = config.capacity;
  const offered = mediaAddresses(config, addresses);
  return stringify({
    port: PORTS.signalling,
    rtc: {
      udp_port: PORTS.mediaUdp,
      tcp_port: PORTS.mediaTcp,
      use_external_ip: false,
      node_ip: offered.join(','),
      // A family without an address to offer would be offered with that of the container.
      ips: { includes: [network.subnet, network.subnet6].slice(0, offered.length) },
      turn_servers: ['udp', 'tcp'].map((protocol) => ({
        host: elementCall.domains.turn,
        port: TURN_PORT,
        protocol,
        secret_file: `/etc/livekit/${LIVEKIT_TURN_SECRET}`,
        ttl: TURN_CREDENTIAL_MS / 1_000,
      })),
    },
    turn: { enabled: false },
    key_file: `/etc/livekit/${LIVEKIT_KEYS}`,
    room: { auto_create: false, max_participants: participants },
    limit: {
      num_tracks: participants * TRACKS_A_PARTICIPANT,
      bytes_per_sec: participants * BYTES_PER_SECOND_A_PARTICIPANT,
    },
    // lk-jwt-service, whom only its own LiveKit reaches, wants it for delayed events, which Tuwunel has not.
    ...(elementCall.role === 'media'
      ? {}
      : { webhook: { api_key: key, urls: [`http://${LK_JWT}:${PORTS.lkJwt}/sfu_webhook`] } }),
    ...sharedRooms(elementCall, redisPassword),
    logging: { level: 'info', json: true },
  });
}

/** Whether LiveKit shares its rooms with those of other appliances: then its configuration holds a password. */
export const sharesRooms = ({ primary, mediaNodes }: ElementCallConfig): boolean =>
  primary !== null || mediaNodes.length > 0;

/**
 * LiveKit's multi-node mode: all find each other in one Redis, signalling goes by way of it, and media straight to the
 * node that has the room. LiveKit's own limits keep a node from more than it can carry.
 */
function sharedRooms(elementCall: ElementCallConfig, password: string): object {
  if (!sharesRooms(elementCall)) return {};
  return {
    redis: { address: `${elementCall.primary ?? REDIS}:${PORTS.redis}`, password },
    node_selector: { kind: 'any', sort_by: 'random' },
  };
}
