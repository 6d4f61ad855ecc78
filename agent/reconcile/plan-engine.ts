import { elapsedMs, type Instant } from '../system/clock.ts';
import { engineLadder, mayReboot, nextTurn, type Turn } from './ladder.ts';
import type { Plan } from './steps.ts';
import type { Desired, History, Observed } from './types.ts';

/** The service manager restarts an engine that ended, within seconds, and a restart by a person takes no longer. */
const PATIENCE_MS = 30_000;
/** So long a unit may take to start: an engine with many containers on a slow disk. */
const START_PATIENCE_MS = 5 * 60_000;
/** A restart that helps shows within this time. */
const FIRST_DELAY_MS = 60_000;

/** What is done about an engine that does not answer: nothing while an operator has stopped it. */
export function planEngine(observed: Observed, desired: Desired, history: History, now: Instant): Plan {
  const turn = engineTurn(observed, desired, history, now);
  if (turn === null) return { steps: [], dueInMs: null };
  if (turn.dueInMs > 0) return { steps: [], dueInMs: turn.dueInMs };
  const why = observed.engine.ok ? '' : observed.engine.why;
  const services = desired.services.map(({ name }) => name);
  return {
    steps: [
      turn.rung === 'reboot'
        ? { kind: 'reboot', services, why }
        : { kind: 'restart-engine', subject: 'engine', services, why },
    ],
    dueInMs: null,
  };
}

/** The turn of the engine; null while it answers, is stopped on purpose, or is nobody's to restart. */
export function engineTurn(
  { engine, engineUnit }: Observed,
  { healing }: Desired,
  history: History,
  now: Instant,
): Turn | null {
  if (engine.ok || history.underWay.has('engine')) return null;
  if (engineUnit.kind === 'none' || engineUnit.kind === 'stopped') return null;
  const silentFor = history.engineSilentSince && elapsedMs(history.engineSilentSince, now);
  const patience = engineUnit.kind === 'starting' ? START_PATIENCE_MS : PATIENCE_MS;
  const turn = nextTurn({
    subject: 'engine',
    attempts: history.ledger,
    ladder: engineLadder(healing),
    healing: { ...healing, firstDelay: FIRST_DELAY_MS },
    least: 'engine',
    allows: (rung) => rung !== 'reboot' || mayReboot(history.ledger, healing, now),
    slowRung: 'engine',
    now,
  });
  return { ...turn, dueInMs: Math.max(turn.dueInMs, patience - (silentFor ?? 0)) };
}
