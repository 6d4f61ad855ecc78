/** The services of the stack beside coturn, as Compose, the rules and people call them. */
export const LIVEKIT = 'livekit';
export const LK_JWT = 'lk-jwt';
export const TUWUNEL = 'tuwunel';
export const TRAEFIK = 'traefik';
/** Only where appliances help each other. */
export const REDIS = 'redis';

/**
 * A user for each service, and for nothing else on the machine, so that a file with a secret is readable by just the
 * one that needs it. See `RELAY_USER` for the choice of numbers.
 */
export const USERS = {
  [LIVEKIT]: { uid: 73479, gid: 73479 },
  [LK_JWT]: { uid: 73480, gid: 73480 },
  [TUWUNEL]: { uid: 73481, gid: 73481 },
  [TRAEFIK]: { uid: 73482, gid: 73482 },
  [REDIS]: { uid: 73483, gid: 73483 },
} as const;

/** Where services listen inside their containers. Only those of `elementCallServices` are published. */
export const PORTS = {
  /** LiveKit's HTTP API and signalling. */
  signalling: 7880,
  mediaTcp: 7881,
  mediaUdp: 7882,
  lkJwt: 8080,
  tuwunel: 8008,
  http: 80,
  https: 443,
  /** Traefik's health page. */
  ping: 8082,
  redis: 6379,
} as const;
