import { createEngine } from '../../agent/engine/engine.ts';
import type { EngineEvent } from '../../agent/engine/types.ts';
import { PROJECT } from '../../agent/stack/types.ts';
import type { Appliance } from '../support/appliance.ts';
import type { Counts } from './counts.ts';
import { monitorElements } from './element-monitor.ts';
import { digits, ms, table } from './markdown.ts';
import { operator } from './operator.ts';
import { serves } from './serves.ts';
import { quantile } from './statistics.ts';
import { wallMs } from './wall-time.ts';

export interface Start {
  /** From the time that the engine wrote into its `start` event to the element in the map. */
  readonly openAfterMs: number;
  /** The part of it until a reader of the engine's event stream has the event. */
  readonly toldAfterMs: number;
}

export interface StartToMapResult {
  readonly starts: readonly Start[];
}

/** What the issue asks for. */
const BAR_MS = 50;
const CONTAINER = 'appliance-livekit-1';
const LIMIT_MS = 10_000;

/**
 * How soon the port of a container that starts is open. The service is on hold meanwhile, so that it is this bench
 * that starts it and not the agent; its ports are kept by the agent all the same.
 */
export async function measureStartToMap(
  appliance: Appliance,
  { starts }: Counts['startToMap'],
): Promise<StartToMapResult> {
  await operator(appliance, 'hold', 'livekit');
  const monitor = await monitorElements(appliance.machine.hostNamespace);
  const events = followStarts(appliance);
  const measured: Start[] = [];
  try {
    for (let index = 0; index < starts; index += 1) {
      const killedAt = wallMs();
      await appliance.docker('kill', CONTAINER);
      await monitor.next('delete', killedAt, LIMIT_MS);
      const startedAt = wallMs();
      await appliance.docker('start', CONTAINER);
      const { atMs } = await monitor.next('add', startedAt, LIMIT_MS);
      const event = events.newest();
      if (event === null || event.stampedMs < startedAt) throw new Error('the engine told of no start');
      measured.push({ openAfterMs: atMs - event.stampedMs, toldAfterMs: event.readMs - event.stampedMs });
    }
  } finally {
    await events.stop();
    await monitor.stop();
  }
  await operator(appliance, 'release', 'livekit');
  await appliance.until('all services serve again', 60_000, serves);
  return { starts: measured };
}

interface StartEvent {
  readonly stampedMs: number;
  readonly readMs: number;
}

/** Reads the engine's events as the agent does, to tell the engine's part of the time from the agent's. */
function followStarts({ paths }: Appliance) {
  const stop = new AbortController();
  let newest: StartEvent | null = null;
  const onEvent = ({ action, service, timeNano }: EngineEvent) => {
    if (action !== 'start' || service !== 'livekit') return;
    newest = { stampedMs: Number(BigInt(timeNano) / 1_000n) / 1_000, readMs: wallMs() };
  };
  const ignore = () => undefined;
  const following = createEngine({ socket: paths.engineSocket }).follow({
    project: PROJECT,
    signal: stop.signal,
    since: null,
    onEvent,
    onConnected: ignore,
    onDisconnected: ignore,
  });
  return {
    newest: (): StartEvent | null => newest,
    async stop() {
      stop.abort();
      await following;
    },
  };
}

export function renderStartToMap({ starts }: StartToMapResult): string {
  const row = (what: string, values: readonly number[]) => [
    what,
    ...[0.5, 0.95, 1].map((share) => ms(quantile(values, share))),
  ];
  const open = starts.map(({ openAfterMs }) => openAfterMs);
  const p95 = quantile(open, 0.95);
  return [
    '## From the engine’s `start` event to the element in the map',
    `${starts.length} starts of the SFU with the agent running: from the time that the engine wrote into the event to the ` +
      'moment at which `nft monitor` tells of the element, by the same clock.',
    table(
      ['', 'p50', 'p95', 'longest'],
      [
        row('the port is open', open),
        row(
          'of it, until a reader has the event',
          starts.map(({ toldAfterMs }) => toldAfterMs),
        ),
      ],
    ),
    `The bar is a p95 of ${BAR_MS} ms: **${p95 <= BAR_MS ? 'met' : `missed, by ${digits(p95 - BAR_MS)} ms`}**.`,
  ].join('\n\n');
}
