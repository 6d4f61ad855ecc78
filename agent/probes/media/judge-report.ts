import type { MediaReport } from './media-probe.ts';

/** Where the SFU takes media, and how relays are named to clients. */
const PORTS = { tcp: 7881, udp: 7882 } as const;
const RELAY = /^turn:[^?]+:3478(\?|$)/;

/** How the SFU's candidates differ from exactly these addresses on both media ports; null when they do not. */
export function candidateFault({ candidates }: MediaReport, addresses: readonly string[]): string | null {
  const announced = candidates.map(({ protocol, address, port }) => `${address}:${port}/${protocol}`).sort();
  const expected = addresses
    .flatMap((address) => [`${address}:${PORTS.tcp}/tcp`, `${address}:${PORTS.udp}/udp`])
    .sort();
  return announced.join() === expected.join()
    ? null
    : `the SFU announces ${announced.join(', ') || 'nothing'}, not ${expected.join(', ')}`;
}

/** Which ICE servers clients are told of that are not our relay; null when they are told of ours alone. */
export function iceServerFault({ iceServers }: MediaReport): string | null {
  const strangers = iceServers.filter((url) => !RELAY.test(url));
  if (strangers.length === 0 && iceServers.length > 0) return null;
  return `clients are told of ${strangers.join(', ') || 'no relay'}`;
}
