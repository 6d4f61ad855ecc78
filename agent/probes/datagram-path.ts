import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { datagramsIn, type Framing } from './framing.ts';
import type { TransportAddress } from './stun-address.ts';
import { refusal } from './verdicts.ts';

/** A way on which datagrams go to one peer and come back. */
export interface DatagramPath {
  send(datagram: Uint8Array): void;
  /** Ends the path: nothing arrives afterwards. May be called twice. */
  close(): void;
}

/** What happens on a path. */
export interface PathEvents {
  onReady(): void;
  onDatagram(datagram: Buffer): void;
  /** The path cannot be used, or no longer; `reason` is for people. */
  onFailure(reason: string): void;
}

/** Opens a path. No event comes before this has returned. */
export type OpenPath = (events: PathEvents) => DatagramPath;

/** Straight over UDP. */
export function udpPath({ address, port }: TransportAddress): OpenPath {
  return (events) => {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    let closed = false;
    socket.on('message', (datagram) => !closed && events.onDatagram(datagram));
    // Closing does not stop errors that are on their way already.
    socket.on('error', (error) => !closed && events.onFailure(refusal(error)));
    socket.on('connect', () => !closed && events.onReady());
    // Connected, so that the kernel drops what others send and reports ICMP errors.
    socket.connect(port, address);
    return {
      send(datagram) {
        if (!closed) socket.send(datagram);
      },
      close() {
        if (closed) return;
        closed = true;
        socket.close();
      },
    };
  };
}

/** Over TCP, with datagrams told apart by `framing`. */
export function tcpPath({ address, port }: TransportAddress, framing: Framing): OpenPath {
  return (events) => {
    const socket = connect({ host: address, port });
    let closed = false;
    let received: Buffer = Buffer.alloc(0);
    const fail = (reason: string) => !closed && events.onFailure(reason);
    socket.on('connect', () => !closed && events.onReady());
    socket.on('data', (chunk: Buffer) => {
      const { datagrams, rest } = datagramsIn(Buffer.concat([received, chunk]), framing);
      received = rest;
      for (const datagram of datagrams) if (!closed) events.onDatagram(datagram);
    });
    socket.on('end', () => fail('closed by the other side'));
    socket.on('error', (error) => fail(refusal(error)));
    return {
      send(datagram) {
        if (!closed) socket.write(framing.frame(datagram));
      },
      close() {
        closed = true;
        socket.destroy();
      },
    };
  };
}
