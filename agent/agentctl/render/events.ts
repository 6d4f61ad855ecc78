import type { RecordedEvent } from '../../store/types.ts';
import type { Screen } from '../terminal.ts';
import { labelled } from './text.ts';
import { formatDuration, formatTime } from './times.ts';

/** Fits the names of the stack's services and `firewall`; a longer one moves its own line only. */
const SUBJECT_WIDTH = 9;
const RESULT_COLOURS = {
  ok: 'green',
  failed: 'red',
  interrupted: 'yellow',
  pending: 'yellow',
  none: 'gray',
} as const;

/** An event as a short story: when, about what, what happened and why; then what was done and how it ended. */
export function renderEvent(event: RecordedEvent, { columns, paint }: Screen): string[] {
  const { at, subject, kind, cause, evidence } = event;
  const label = `${formatTime(at.wall)}  ${subject.padEnd(SUBJECT_WIDTH)}  `;
  const happened = [paint('bold', kind.replaceAll('-', ' ')), ...(cause === '' ? [] : [cause])].join(': ');
  const seen = evidence === '' || evidence === cause ? '' : ` (${evidence})`;
  return [...labelled(label, happened + seen, columns), ...renderConclusion(event, { columns, paint })];
}

/** What was done about it and how that ended; nothing when nothing was called for. */
export function renderConclusion(event: RecordedEvent, { columns, paint }: Screen): string[] {
  const { action, result, resultDetail, durationMs } = event;
  if (action === null && result === 'none') return [];
  const indent = ' '.repeat(formatTime(event.at.wall).length + SUBJECT_WIDTH + 4);
  const took =
    durationMs === null ? '' : ` ${result === 'ok' ? 'in' : 'after'} ${formatDuration(durationMs)}`;
  const detail = resultDetail === '' ? '' : ` (${resultDetail})`;
  const ended = result === 'none' ? '' : `: ${paint(RESULT_COLOURS[result], inWords(result))}${took}`;
  return labelled(indent, `${action ?? 'no action'}${ended}${detail}`, columns);
}

const inWords = (result: RecordedEvent['result']) => (result === 'pending' ? 'under way' : result);
