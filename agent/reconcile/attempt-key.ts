import type { Attempt } from '../store/types.ts';
import type { Instant } from '../system/clock.ts';
import type { Rung } from './ladder.ts';
import type { Step } from './steps.ts';

/** What an attempt at a step that heals nobody counts towards: steps that share a key share their backoff. */
export function attemptKey(step: Step): string {
  switch (step.kind) {
    case 'load-image':
    case 'remove-image':
      return `${step.kind} ${step.image.reference}`;
    case 'open-forward-path':
      return `open-forward-path ${step.program}`;
    case 'rotate-secret':
      return `rotate-secret ${step.secret}`;
    case 'remove-network':
      return `remove-network ${step.network.name}`;
    case 'set-kernel':
      return `set-kernel ${step.setting}`;
    default:
      return step.kind;
  }
}

/** What goes into the ledger about a step: whom it is an attempt at, at which rung; nothing of one that heals nobody. */
export function attemptsOf(step: Step, at: Instant): readonly Omit<Attempt, 'ended'>[] {
  const { subjects = [], rung = '' } = attemptOf(step) ?? {};
  return subjects.map((subject) => ({ subject, rung, at }));
}

function attemptOf(
  step: Step,
): { readonly subjects: readonly string[]; readonly rung: Rung | 'update' } | null {
  switch (step.kind) {
    case 'start-container':
    case 'restart-container':
      return { subjects: [step.service], rung: 'restart' };
    case 'compose-up':
      return { subjects: step.services, rung: step.rung };
    case 'reload-image':
      return { subjects: [step.service], rung: 'reload-image' };
    case 'restart-stack':
      return { subjects: [step.service], rung: 'stack' };
    case 'restart-engine':
      return { subjects: [step.subject], rung: 'engine' };
    case 'reboot':
      return { subjects: ['machine'], rung: 'reboot' };
    default:
      return null;
  }
}
