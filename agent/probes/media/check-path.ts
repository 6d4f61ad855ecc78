import type { OpenPath } from '../datagram-path.ts';
import { retransmissionTimes } from '../udp-exchange.ts';
import { millisecondsSince } from '../verdicts.ts';
import { connectivityCheck, type IceSession } from './connectivity-check.ts';

/** What checks on one path came to. */
export interface PathVerdict {
  readonly ok: boolean;
  /** The smallest of the checks' round trips; null when none can be told. */
  readonly roundTripMs: number | null;
  readonly detail: string;
}

/** The first one may have to wait until the path is made: conntrack, a relay's permission, the SFU's own set-up. */
const CHECKS = 3;

/**
 * Opens the path and completes ICE checks over it, each sent again as RFC 8489 says while it is unanswered. Always
 * resolves, within `timeoutMs`.
 */
export function checkPath(open: OpenPath, session: IceSession, timeoutMs: number): Promise<PathVerdict> {
  return new Promise((resolve) => {
    const roundTrips: number[] = [];
    let answered = 0;
    let check = connectivityCheck(session);
    let sends: number[] = [];
    let timers: NodeJS.Timeout[] = [];

    const conclude = (ok: boolean, detail: string) => {
      clearTimeout(limit);
      for (const timer of timers) clearTimeout(timer);
      path.close();
      resolve({ ok, detail, roundTripMs: roundTrips.length === 0 ? null : Math.min(...roundTrips) });
    };
    const send = () => {
      sends.push(performance.now());
      path.send(check.request);
    };
    const begin = () => {
      sends = [];
      send();
      timers = retransmissionTimes(timeoutMs).map((wait) => setTimeout(send, wait));
    };
    const path = open({
      onReady: begin,
      onFailure: (reason) => conclude(false, reason),
      onDatagram(datagram) {
        const judgement = check.judge(datagram);
        if (judgement === null) return;
        if (!judgement.ok) return conclude(false, judgement.detail);
        answered += 1;
        // Which of several transmissions was answered cannot be told.
        const [sentAt, ...more] = sends;
        if (sentAt !== undefined && more.length === 0) roundTrips.push(millisecondsSince(sentAt));
        if (answered === CHECKS) return conclude(true, judgement.detail);
        for (const timer of timers) clearTimeout(timer);
        check = connectivityCheck(session);
        begin();
      },
    });
    const limit = setTimeout(
      () => conclude(false, `${answered} of ${CHECKS} checks answered within ${timeoutMs} ms`),
      timeoutMs,
    );
  });
}
