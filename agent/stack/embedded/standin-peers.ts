export interface Peer {
  readonly protocol: 'http' | 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
}

const REMEMBERED = 64;
const LINES_A_SECOND = 10;

/**
 * Who was seen, newest last, and whether a peer is worth a line in the log: once while it is remembered, and no more than
 * ten lines a second, so that no client can fill a disk.
 */
export function createPeers(nowMs: () => number) {
  const seen = new Map<string, Peer>();
  let second = 0;
  let lines = 0;
  return {
    list: (): Peer[] => [...seen.values()],

    /** True when the peer is new and its line is within the rate. */
    note(peer: Peer): boolean {
      const key = `${peer.protocol} ${peer.address} ${peer.port}`;
      const isNew = !seen.delete(key);
      seen.set(key, peer);
      const [oldest] = seen.keys();
      if (seen.size > REMEMBERED && oldest !== undefined) seen.delete(oldest);
      if (!isNew) return false;
      const current = Math.floor(nowMs() / 1000);
      if (current !== second) {
        second = current;
        lines = 0;
      }
      lines += 1;
      return lines <= LINES_A_SECOND;
    },
  };
}
