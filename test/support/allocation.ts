import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Appliance } from './appliance.ts';
import { restCredential } from './client.ts';
import { sender } from './datagram.ts';
import { HOST_V4 } from './machine.ts';
import { sfuAddresses } from './seen.ts';

const PROGRAM = join(import.meta.dirname, 'turn-allocation.ts');

/** An allocation of the client at coturn; `relayed` is where it can be sent to, `peers` whose data it got. */
export async function allocate({ machine, paths }: Appliance, peer: string) {
  const secret = (await readFile(join(paths.secrets, 'turn'), 'utf8')).trim();
  const options = JSON.stringify({ server: HOST_V4, peer, ...restCredential(secret, 'first') });
  const process_ = await machine.spawnInClient(process.execPath, [PROGRAM, options]);
  await process_.waitForOutput(/^relayed .*$/m, 10_000);
  const [, address = '', port] = /^relayed (\S+) (\d+)$/m.exec(process_.output()) ?? [];
  return {
    relayed: { address, port: Number(port) },
    peers: () => [...new Set([...process_.output().matchAll(/^from (.*)$/gm)].map(([, peer]) => peer))],
    stop: () => process_.stop(),
  };
}

/**
 * Lets the SFU send to an address that has sent it nothing. The stand-in only answers, and holds port 7882: the
 * packets are sent from another port of its network, and leave that with 7882 as their source.
 */
export async function sfuSends(appliance: Appliance, address: string, port: number): Promise<void> {
  const pid = (await appliance.docker('inspect', '-f', '{{.State.Pid}}', 'appliance-livekit-1')).trim();
  const [sfu] = await sfuAddresses(appliance);
  const inSfu = (command: string, ...args: string[]) =>
    appliance.machine.inHost('nsenter', ['-t', pid, '-n', command, ...args]);
  const chain = '{ type nat hook postrouting priority 100 ; }';
  const rule = `udp sport 7890 snat to ${sfu}:7882`;
  const nft = '/usr/sbin/nft';
  await inSfu(nft, `add table ip test ; add chain ip test out ${chain} ; add rule ip test out ${rule}`);
  await inSfu(...sender(process.execPath, address, port, 7890));
  await inSfu(nft, 'delete table ip test');
}
