import { connect } from 'node:net';

/** Connections under way at once: enough to be quick, few enough not to run out of source ports. */
const AT_ONCE = 500;
const TIMEOUT_MS = 1_000;

/** Tries every TCP port of a host; resolves to those that accept, in order. A dropped packet counts as closed. */
export async function scanTcp(host: string): Promise<number[]> {
  const open: number[] = [];
  let next = 1;
  const worker = async () => {
    while (next <= 65_535) {
      const port = next;
      next += 1;
      if (await accepts(host, port)) open.push(port);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return open.sort((a, b) => a - b);
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const conclude = (answer: boolean) => {
      clearTimeout(limit);
      // A reset leaves no TIME_WAIT behind.
      socket.resetAndDestroy();
      resolve(answer);
    };
    const limit = setTimeout(() => conclude(false), TIMEOUT_MS);
    socket.once('connect', () => conclude(true));
    socket.once('error', () => conclude(false));
  });
}
