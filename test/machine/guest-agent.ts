import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { RunResult } from '../../agent/system/processes.ts';

const ANSWER_MS = 10_000;
const SYNC_MS = 1000;
/** How often it is asked whether a command has ended: each question costs the emulated machine time. */
const ASK_EVERY_MS = 100;

const started = z.object({ pid: z.number() });
const state = z.object({
  exited: z.boolean(),
  exitcode: z.optional(z.number()),
  'out-data': z.optional(z.string()),
  'err-data': z.optional(z.string()),
});

/** What answers inside the machine (qemu-ga(8)), on a serial port of its own: no network is needed to reach it. */
export interface GuestAgent {
  /** Runs a shell script as root in the machine. Rejects when it does not end within `timeoutMs`. */
  sh(script: string, timeoutMs?: number): Promise<RunResult>;
  close(): void;
}

/** Resolves when the guest agent at this socket answers; rejects after `timeoutMs`. */
export async function reachGuestAgent(socketPath: string, timeoutMs: number): Promise<GuestAgent> {
  const deadline = performance.now() + timeoutMs;
  const socket = connect(socketPath);
  await once(socket, 'connect');
  const ask = conversation(socket);
  // What was sent before it listened is answered later, or never: only the answer to one's own number counts.
  for (;;) {
    const id = randomInt(2 ** 31);
    const answered = await ask('guest-sync', { id }, SYNC_MS, (answer) => answer === id).catch(() => null);
    if (answered === id) break;
    if (performance.now() > deadline) {
      socket.destroy();
      throw new Error(`the machine's guest agent did not answer within ${timeoutMs} ms`);
    }
  }
  return {
    async sh(script, limitMs = 30_000) {
      const begun = performance.now();
      const command = { path: '/bin/sh', arg: ['-c', script], 'capture-output': true };
      const { pid } = started.parse(await ask('guest-exec', command));
      for (;;) {
        const now = state.parse(await ask('guest-exec-status', { pid }));
        const durationMs = Math.round(performance.now() - begun);
        if (now.exited) {
          return {
            exitCode: now.exitcode ?? null,
            stdout: decoded(now['out-data']),
            stderr: decoded(now['err-data']),
            durationMs,
          };
        }
        if (durationMs > limitMs) throw new Error(`not done in the machine within ${limitMs} ms: ${script}`);
        await sleep(ASK_EVERY_MS);
      }
    },
    close: () => socket.destroy(),
  };
}

const decoded = (base64 = '') => Buffer.from(base64, 'base64').toString('utf8');

type Ask = (
  command: string,
  args: object,
  timeoutMs?: number,
  isAnswer?: (value: unknown) => boolean,
) => Promise<unknown>;

/** One question at a time, one JSON object a line, each way. */
function conversation(socket: Socket): Ask {
  const lines = createInterface({ input: socket });
  // A machine whose power is cut says no more; whoever waits is told by the time limit.
  socket.on('error', () => socket.destroy());
  return (command, args, timeoutMs = ANSWER_MS, isAnswer = () => true) =>
    new Promise((resolve, reject) => {
      const conclude = (settle: () => void) => {
        clearTimeout(limit);
        lines.off('line', read);
        settle();
      };
      const read = (line: string) => {
        const answer: { return?: unknown; error?: { desc: string } } = JSON.parse(line);
        const { error } = answer;
        if (error !== undefined) conclude(() => reject(new Error(`${command}: ${error.desc}`)));
        else if (isAnswer(answer.return)) conclude(() => resolve(answer.return));
      };
      const limit = setTimeout(
        () => conclude(() => reject(new Error(`${command}: no answer within ${timeoutMs} ms`))),
        timeoutMs,
      );
      lines.on('line', read);
      socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
    });
}
