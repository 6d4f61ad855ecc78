// The client of the round-trip bench: `round-trip-process.ts JSON`, run inside a network namespace. One flow, one
// datagram under way at a time. Prints one line of JSON.
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { quantile } from './statistics.ts';

export interface RoundTripOptions {
  readonly host: string;
  readonly port: number;
  readonly exchanges: number;
}

export interface RoundTrip {
  readonly p50Us: number;
  readonly p99Us: number;
  readonly lost: number;
}

const BYTES = 1_000;
/** Not counted: the compilers of both ends, and the first packet of the flow, which sets up its translation. */
const WARM_UP = 500;
const LOST_AFTER_MS = 1_000;

const { host, port, exchanges }: RoundTripOptions = JSON.parse(process.argv[2] ?? '');
const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
const datagram = Buffer.alloc(BYTES);
const times: number[] = [];
let lost = 0;
let number = 0;
let sentAt = 0n;
let watched = -1;

function send(): void {
  number += 1;
  datagram.writeUInt32BE(number);
  sentAt = process.hrtime.bigint();
  socket.send(datagram);
}

function next(): void {
  if (number < WARM_UP + exchanges) {
    send();
    return;
  }
  clearInterval(watch);
  const result: RoundTrip = {
    p50Us: quantile(times, 0.5),
    p99Us: quantile(times, 0.99),
    lost,
  };
  socket.close();
  console.log(JSON.stringify(result));
}

// One timer for all: one for each datagram would be measured with it.
const watch = setInterval(() => {
  if (watched === number) {
    lost += 1;
    next();
  }
  watched = number;
}, LOST_AFTER_MS);

socket.on('message', (answer) => {
  const took = Number(process.hrtime.bigint() - sentAt) / 1000;
  if (answer.readUInt32BE(0) !== number) return;
  if (number > WARM_UP) times.push(took);
  next();
});
socket.connect(port, host, send);
