import { servicesOf } from './step-record.ts';
import type { Step } from './steps.ts';

/**
 * Steps that last run beside the loop, each in a lane of its own: what one service needs keeps neither the others nor
 * the rules waiting. Two steps that occupy the same thing never run at once.
 */
export function isLasting({ kind }: Step): boolean {
  return LASTING.has(kind);
}

const LASTING: ReadonlySet<Step['kind']> = new Set([
  'load-image',
  'remove-image',
  'compose-up',
  'compose-down',
  'remove-services',
  'start-container',
  'restart-container',
  'reload-image',
  'restart-stack',
  'restart-engine',
  'reboot',
]);

/** What a step works on while it is under way: services by their names, images by their references. */
export function occupies(step: Step): readonly string[] {
  const things = [...servicesOf(step)];
  if ('image' in step) things.push(step.image.reference);
  // Compose keeps no lock of its own: two runs would both make the network.
  if (COMPOSES.has(step.kind)) things.push('compose');
  if (step.kind === 'restart-engine' || step.kind === 'reboot') things.push('engine');
  return things;
}

const COMPOSES: ReadonlySet<Step['kind']> = new Set([
  'compose-up',
  'compose-down',
  'remove-services',
  'remove-network',
  'reload-image',
  'restart-stack',
  'restart-engine',
  'reboot',
]);

/** The steps that may begin now, in their order: none that is in the way of one under way, or of an earlier one. */
export function startable(steps: readonly Step[], underWay: ReadonlySet<string>): readonly Step[] {
  const taken = new Set(underWay);
  return steps.filter((step) => {
    const things = occupies(step);
    if (things.some((thing) => taken.has(thing))) return false;
    if (isLasting(step)) for (const thing of things) taken.add(thing);
    return true;
  });
}
