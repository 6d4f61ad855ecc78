import type { Appliance } from './appliance.ts';

/** Packets that a named counter of our table has counted. */
export async function packets({ machine }: Pick<Appliance, 'machine'>, counter: string): Promise<number> {
  const args = ['-j', 'list', 'counter', 'inet', 'appliance', counter];
  const { stdout } = await machine.inHost('/usr/sbin/nft', args);
  const listed: { nftables: { counter?: { packets: number } }[] } = JSON.parse(stdout);
  const found = listed.nftables.flatMap((object) => object.counter ?? []);
  if (found[0] === undefined) throw new Error(`there is no counter ${counter}`);
  return found[0].packets;
}

/** The addresses of the SFU's container, IPv4 first. */
export async function sfuAddresses(appliance: Appliance): Promise<string[]> {
  const network = '(index .NetworkSettings.Networks "appliance_rtc")';
  const format = `{{${network}.IPAddress}} {{${network}.GlobalIPv6Address}}`;
  return (await appliance.docker('inspect', '-f', format, 'appliance-livekit-1')).trim().split(' ');
}

/** Whom the SFU saw, as the stand-in tells: `udp 198.51.100.2`. */
export async function peersSeen(appliance: Appliance): Promise<string[]> {
  const [address] = await sfuAddresses(appliance);
  const print = 'fetch(process.argv[1]).then((answer) => answer.text()).then(console.log)';
  const url = `http://${address}:7880/peers`;
  const { stdout } = await appliance.machine.inHost(process.execPath, ['-e', print, url]);
  const peers: { protocol: string; address: string }[] = JSON.parse(stdout);
  return peers.map((peer) => `${peer.protocol} ${peer.address}`);
}
