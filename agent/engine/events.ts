import { parseChecked, type SourceReviver } from './answers.ts';
import { PROJECT_LABEL, SERVICE_LABEL } from './observations.ts';
import { type EventAnswer, eventSchema } from './schemas.ts';
import type { EngineEvent } from './types.ts';

const CONTAINER_ACTIONS = [
  'create',
  'start',
  'restart',
  'pause',
  'unpause',
  'stop',
  'kill',
  'oom',
  'die',
  'rename',
  'destroy',
];
const NETWORK_ACTIONS = ['connect', 'disconnect', 'create', 'destroy'];

/**
 * Filters of `GET /events`. There is none for the project: events of network attachments carry no labels of the
 * container, so that a label filter would drop them. Health checks and `exec`, which are many, are left out.
 */
export const EVENT_FILTERS = JSON.stringify({
  type: { container: true, network: true },
  event: Object.fromEntries([...CONTAINER_ACTIONS, ...NETWORK_ACTIONS].map((action) => [action, true])),
});

/** The event when it is about the project, else null. A network is the project's when it is called `<project>_…`. */
export function toEvent(answer: EventAnswer, project: string): EngineEvent | null {
  const attributes = answer.Actor.Attributes ?? {};
  const common = { action: answer.Action, timeNano: answer.timeNano };
  if (answer.Type === 'container') {
    if (attributes[PROJECT_LABEL] !== project) return null;
    return {
      ...common,
      type: 'container',
      service: attributes[SERVICE_LABEL] ?? null,
      containerId: answer.Actor.ID,
      exitCode: answer.Action === 'die' ? wholeNumber(attributes.exitCode) : null,
      signal: answer.Action === 'kill' ? wholeNumber(attributes.signal) : null,
    };
  }
  if (answer.Type === 'network' && attributes.name?.startsWith(`${project}_`)) {
    return {
      ...common,
      type: 'network',
      service: null,
      // '' for the network's own creation and removal.
      containerId: attributes.container ?? '',
      exitCode: null,
      signal: null,
    };
  }
  return null;
}

/** Keeps `timeNano` as the text that was sent: as a number it would lose its last digits (it exceeds 2^53). */
const keepTimeNano: SourceReviver = (key, value, { source }) => (key === 'timeNano' ? source : value);

/** A line of the event stream. Error: ENGINE_ERROR. */
export const parseEvent = (line: string, what: string): EventAnswer =>
  parseChecked(line, eventSchema, what, keepTimeNano);

/** One event among all: two events may bear the same time. */
export function eventKey(answer: EventAnswer): string {
  const container = answer.Actor.Attributes?.container ?? '';
  return `${answer.timeNano} ${answer.Type} ${answer.Action} ${answer.Actor.ID} ${container}`;
}

/** `timeNano` in the form that `since` takes: seconds, a point, nine digits. */
export function toSince(timeNano: string): string {
  const padded = timeNano.padStart(10, '0');
  return `${padded.slice(0, -9)}.${padded.slice(-9)}`;
}

function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}
