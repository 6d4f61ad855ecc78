import { setTimeout as sleep } from 'node:timers/promises';
import type { RunInside, SpawnInside } from './machine.ts';

/** Prints `ready`, then a line for each datagram, `ADDRESS PORT`, and sends it back. */
const LISTEN = `
  const [address, port] = process.argv.slice(1);
  const socket = require('node:dgram').createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (message, from) => {
    console.log(from.address + ' ' + from.port);
    socket.send(message, from.port, from.address);
  });
  socket.bind(Number(port), address, () => console.log('ready'));
`;

/** Sends a datagram each 50 ms until one comes back, for at most 2 s; prints `answered` or `silence`. */
const SEND = `
  const [address, port, sourcePort] = process.argv.slice(1);
  const socket = require('node:dgram').createSocket(address.includes(':') ? 'udp6' : 'udp4');
  const end = (word) => { console.log(word); process.exit(0); };
  socket.on('message', () => end('answered'));
  socket.bind(Number(sourcePort), () => setInterval(() => socket.send('x', Number(port), address, () => {}), 50));
  setTimeout(() => end('silence'), 2000);
`;

/** A UDP echo service on an address; `sources` tells from where it was called, as `ADDRESS PORT`. */
export async function startEcho(spawn: SpawnInside, address: string, port: number) {
  const process_ = await spawn(process.execPath, ['-e', LISTEN, address, String(port)]);
  await process_.waitForOutput(/^ready$/m, 20_000);
  return {
    sources: () => [...new Set(process_.output().trim().split('\n').slice(1))],
    async stop() {
      await process_.stop();
      await sleep(0);
    },
  };
}

/** A UDP service that hears and does not answer. */
export async function startMute(spawn: SpawnInside, address: string, port: number) {
  const program = `const [address, port] = process.argv.slice(1);
    require('node:dgram').createSocket('udp4').bind(Number(port), address, () => console.log('ready'));`;
  const process_ = await spawn(process.execPath, ['-e', program, address, String(port)]);
  await process_.waitForOutput(/^ready$/m, 20_000);
  return process_;
}

/** The program and arguments that send datagrams from one port (0: any) and print whether one came back. */
export const sender = (program: string, address: string, port: number, sourcePort = 0) =>
  [program, '-e', SEND, address, String(port), String(sourcePort)] as const;

/** Whether a datagram to an address is answered. */
export async function isAnswered(run: RunInside, address: string, port: number): Promise<boolean> {
  const [program, ...args] = sender(process.execPath, address, port);
  return (await run(program, args)).stdout.trim() === 'answered';
}
