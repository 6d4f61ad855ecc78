/**
 * The program of the `livekit` container in the embedded stack. It stands in for LiveKit where no registry is
 * reachable: it keeps the contract of its ports, and carries no media.
 */
import { startStandin } from './standin-server.ts';

const log = (entry: object) => {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), ...entry })}\n`);
};

// As process 1 of its container it gets no default action for a signal.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));

const { ports } = await startStandin({ http: 7880, tcp: 7881, udp: 7882 }, log);
log({ event: 'listening', ...ports });
