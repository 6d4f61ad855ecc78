import { isIPv4, isIPv6 } from 'node:net';
import * as z from 'zod';
import { parseNetwork } from '../../config/check-subnet.ts';

/**
 * What LiveKit v1.13 takes, as far as we use it, from its sources: its YAML decoder refuses a key that it does not know
 * (cmd/server), `node_ip` is at most one address of each family (rtcconfig), and an API secret below 32 characters
 * is too short. What it takes in silence, and then does otherwise, is refused too: with `port_range_*` it ignores
 * `udp_port`, with `use_external_ip` it ignores `node_ip` and asks a public STUN server, and without `turn_servers` it
 * sends clients to public ones.
 */
const schema = z.strictObject({
  port: z.literal(7880),
  rtc: z.strictObject({
    udp_port: z.literal(7882),
    tcp_port: z.literal(7881),
    use_external_ip: z.literal(false),
    node_ip: z
      .string()
      .refine(isNodeIp, 'must be one address, or one of each family with a comma between them'),
    ips: z.strictObject({ includes: z.array(z.string().refine(isNetwork, 'must be a network')).min(1) }),
    turn_servers: z
      .array(
        z.strictObject({
          host: z.string().min(1),
          port: z.int().min(1).max(65_535),
          protocol: z.enum(['udp', 'tcp']),
          secret_file: z.string().startsWith('/'),
          ttl: z.int().min(60).max(86_400),
        }),
      )
      .min(1),
  }),
  turn: z.strictObject({ enabled: z.literal(false) }),
  key_file: z.string().startsWith('/'),
  room: z.strictObject({ auto_create: z.literal(false), max_participants: z.int().min(1) }),
  limit: z.strictObject({
    num_tracks: z
      .int()
      .min(1)
      .max(2 ** 31 - 1),
    bytes_per_sec: z.number().positive(),
  }),
  webhook: z
    .strictObject({
      api_key: z.string().min(1),
      urls: z.array(z.url({ protocol: /^https?$/ })).min(1),
    })
    .optional(),
  // protocol, redis/redis.go: an address without a password would let in whoever reaches it.
  redis: z
    .strictObject({ address: z.string().regex(/^[\w.-]+:\d+$/), password: z.string().min(32) })
    .optional(),
  node_selector: z.strictObject({ kind: z.literal('any'), sort_by: z.literal('random') }).optional(),
  logging: z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']), json: z.boolean() }),
});

const keysSchema = z.record(z.string().min(1), z.string().min(32));

/** Why LiveKit would not do what is wanted with its configuration and its key file, both as parsed YAML. */
export function livekitRefuses(configuration: unknown, keys: unknown): readonly string[] {
  const checked = schema.safeParse(configuration);
  const checkedKeys = keysSchema.safeParse(keys);
  // The words of a check of keys are not passed on: they may quote one.
  if (!checkedKeys.success) return ['its key file has a key of fewer than 32 characters, or none'];
  if (!checked.success) return inWords(checked.error);
  const { webhook } = checked.data;
  return webhook === undefined || Object.hasOwn(checkedKeys.data, webhook.api_key)
    ? []
    : ['webhook.api_key: it is not in the key file'];
}

/** The problems that zod found, by place. */
export function inWords({ issues }: z.ZodError): readonly string[] {
  return issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`);
}

function isNodeIp(text: string): boolean {
  const parts = text.split(',');
  const [v4, v6] = [parts.filter((part) => isIPv4(part)), parts.filter((part) => isIPv6(part))];
  return v4.length <= 1 && v6.length <= 1 && v4.length + v6.length === parts.length;
}

function isNetwork(text: string): boolean {
  const [address = '', length = ''] = text.split('/');
  return (
    parseNetwork(text) !== null || (isIPv6(address) && /^\d{1,3}$/.test(length) && Number(length) <= 128)
  );
}
