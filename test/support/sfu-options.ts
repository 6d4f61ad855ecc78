import { readFile } from 'node:fs/promises';
import { BlockList } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { ICEServer } from '@livekit/protocol';
import { parse } from 'yaml';
import * as z from 'zod';
import { turnCredential } from '../../agent/probes/turn-credential.ts';

export interface SfuStandinOptions {
  readonly key: string;
  readonly secret: string;
  /** LiveKit's `node_ip`, which stands in its candidates in place of its own address. */
  readonly nodeIp: string;
  /** ICE servers that it tells its participants. */
  readonly iceServers: readonly Pick<ICEServer, 'urls' | 'username' | 'credential'>[];
  /** Its own address that it takes media on; absent: all. */
  readonly address?: string;
}

const schema = z.looseObject({
  key_file: z.string(),
  rtc: z.looseObject({
    node_ip: z.string(),
    ips: z.object({ includes: z.array(z.string()) }),
    turn_servers: z.array(
      z.object({
        host: z.string(),
        port: z.int(),
        protocol: z.string(),
        secret_file: z.string(),
        ttl: z.int(),
      }),
    ),
  }),
});

/** What LiveKit takes from its configuration file and the files that it names, as far as the stand-in does it. */
export async function optionsOf(file: string): Promise<SfuStandinOptions> {
  const { key_file, rtc } = schema.parse(parse(await readFile(file, 'utf8')));
  const [key = '', secret = ''] = (await readFile(key_file, 'utf8')).trim().split(': ');
  const iceServers = rtc.turn_servers.map(async ({ host, port, protocol, secret_file, ttl }) => {
    const shared = (await readFile(secret_file, 'utf8')).trim();
    const { username, password } = turnCredential(shared, 'standin', Date.now() / 1000 + ttl);
    return { urls: [`turn:${host}:${port}?transport=${protocol}`], username, credential: password };
  });
  return {
    key,
    secret,
    nodeIp: rtc.node_ip,
    iceServers: await Promise.all(iceServers),
    address: ownAddressIn(rtc.ips.includes),
  };
}

function ownAddressIn(networks: readonly string[]): string {
  const included = new BlockList();
  for (const network of networks.filter((one) => !one.includes(':'))) {
    const [base = '', length] = network.split('/');
    included.addSubnet(base, Number(length));
  }
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const found = own.find(({ address, family }) => family === 'IPv4' && included.check(address));
  if (found === undefined) throw new Error(`no address of this container is in ${networks.join(', ')}`);
  return found.address;
}
