import { renderApply } from './apply.ts';
import type { Measurements } from './benches.ts';
import { renderBlackhole } from './blackhole.ts';
import { renderEvents } from './events.ts';
import { renderHealing } from './heal-report.ts';
import { renderPublish } from './publish.ts';
import { renderRest } from './rest.ts';
import { renderRoundTrip } from './round-trip.ts';
import { renderStartToMap } from './start-to-map.ts';
import { renderSurroundings } from './surroundings.ts';

/** The measurements as Markdown, for docs/measurements.md. */
export function report(measured: Measurements): string {
  const { startedAt, durationS, on, loads } = measured;
  const busy = Math.max(...loads.map(({ average }) => average)) > on.cores;
  return `${[
    '# Measurements',
    '`npm run bench` measured all of this in one run and wrote this file; no figure in it was typed. It needs root and ' +
      'half an hour. The single measurements are in `.cache/bench/` as JSON. Figures are medians unless they say ' +
      'otherwise, and belong to the machine that they were taken on:',
    `${renderSurroundings(on, loads)}\n- Run: ${startedAt.slice(0, 16).replace('T', ' ')} UTC, ${Math.round(durationS)} s`,
    ...(busy
      ? [
          '**More was to be done than this machine has cores** (see its load), by others too: times are longer than on a ' +
            'quiet machine, and the longest of them say little.',
        ]
      : []),
    renderPublish(measured.publish),
    renderRoundTrip(measured.roundTrip),
    renderBlackhole(measured.blackhole),
    renderStartToMap(measured.startToMap),
    renderApply(measured.apply),
    renderRest(measured.rest),
    renderEvents(measured.events),
    renderHealing(measured.heal),
  ].join('\n\n')}\n`;
}
