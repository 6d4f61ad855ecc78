import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { hardened, imageOf, mounted } from '../compose-services.ts';
import { NETWORK, type RenderInput } from '../types.ts';
import { PORTS, REDIS, USERS } from './names.ts';

/** Below `Paths.rendered` and below `/etc` of the container. */
export const REDIS_CONF = 'redis/redis.conf';

const MEMORY_MIB = 128;

/** Where LiveKits of several appliances find each other's rooms. It is reached by name, and by the further appliances. */
export function redisContainer(input: RenderInput) {
  return {
    ...hardened(imageOf(input, REDIS), USERS[REDIS]),
    entrypoint: ['valkey-server', join('/etc', REDIS_CONF)],
    mem_limit: `${2 * MEMORY_MIB}m`,
    pids_limit: 64,
    networks: { [NETWORK]: {} },
    volumes: [mounted(join(input.directory, REDIS_CONF), join('/etc', REDIS_CONF))],
  };
}

/**
 * Redis' configuration (redis.conf(5) of 7.0, which Valkey 8 takes too).
 *
 * Nobody does anything without the password, of which only the hash stands here, and nobody administers it. Nothing is
 * kept on disk: what LiveKit writes is of rooms and nodes that run, and would be wrong after a start. When memory is
 * full it refuses to take more (noeviction): a room that was thrown out would end a call.
 */
export function redisConf(password: string): string {
  const hash = createHash('sha256').update(password).digest('hex');
  return [
    '# Written by appliance-agent; changes are overwritten.',
    'bind * -::*',
    `port ${PORTS.redis}`,
    'protected-mode yes',
    `user default on #${hash} ~* &* +@all -@admin`,
    'maxclients 256',
    `maxmemory ${MEMORY_MIB}mb`,
    'maxmemory-policy noeviction',
    'save ""',
    'appendonly no',
    'dir /',
    'logfile ""',
    '',
  ].join('\n');
}
