/** Colours of the words for how things are. */
export const COLOURS = {
  ok: 'green',
  info: 'cyan',
  degraded: 'yellow',
  critical: 'red',
  unknown: 'magenta',
} as const;
