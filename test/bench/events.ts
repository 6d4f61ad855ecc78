import { readdir, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { PROJECT_LABEL, SERVICE_LABEL } from '../../agent/engine/observations.ts';
import { ask } from '../../agent/engine/request.ts';
import { PROJECT } from '../../agent/stack/types.ts';
import type { Appliance } from '../support/appliance.ts';
import type { Counts } from './counts.ts';
import { mib, table } from './markdown.ts';
import { type Memory, memoryOf } from './processes.ts';

/** What an agent has and keeps. */
export interface Holdings {
  readonly memory: Memory;
  readonly openFiles: number;
  readonly databaseBytes: number;
  /** Rows of all tables of the database. */
  readonly rows: number;
}

export interface EventsResult {
  /** Of the engine, about a container of the stack, each heard by the agent. */
  readonly events: number;
  readonly seconds: number;
  /** At first, after half of the events, and after all. */
  readonly holdings: readonly Holdings[];
}

const CONTAINER = 'bench-bystander';
/** What the last events began is over by then, and the connections that it took are closed. */
const SETTLE_MS = 5_000;

/**
 * What grows with the events of the engine. A container of the project is renamed again and again: each is an event of
 * which the agent looks at the machine, and nothing is wrong. It is of no service of the stack: one of those that has
 * another name is a leftover, and removed.
 */
export async function measureEvents(
  appliance: Appliance,
  { events }: Counts['events'],
): Promise<EventsResult> {
  await createBystander(appliance);
  const holdings = [await holdingsOf(appliance)];
  const begun = performance.now();
  for (const _ of ['first half', 'second half']) {
    for (let renamed = 0; renamed < events / 2; renamed += 2) {
      await rename(appliance, CONTAINER, `${CONTAINER}-renamed`);
      await rename(appliance, `${CONTAINER}-renamed`, CONTAINER);
    }
    holdings.push(await holdingsOf(appliance));
  }
  await appliance.docker('rm', CONTAINER);
  return { events, seconds: (performance.now() - begun) / 1000, holdings };
}

/** It never runs. */
async function createBystander({ docker }: Appliance): Promise<void> {
  const image = (await docker('inspect', '-f', '{{.Config.Image}}', 'appliance-livekit-1')).trim();
  const labels = [`${PROJECT_LABEL}=${PROJECT}`, `${SERVICE_LABEL}=bystander`];
  await docker('create', '--name', CONTAINER, ...labels.flatMap((label) => ['--label', label]), image);
}

async function rename({ paths }: Appliance, from: string, name: string): Promise<void> {
  const path = `/containers/${from}/rename`;
  const { status, text } = await ask(paths.engineSocket, { method: 'POST', path, query: { name } }, 30_000);
  if (status !== 204) throw new Error(`the engine did not rename ${from}: ${text}`);
}

async function holdingsOf({ agent, paths }: Appliance): Promise<Holdings> {
  await sleep(SETTLE_MS);
  const { pid } = agent();
  return {
    memory: await memoryOf([pid]),
    openFiles: (await readdir(`/proc/${pid}/fd`)).length,
    databaseBytes: (await stat(paths.database)).size,
    rows: rowsOf(paths.database),
  };
}

function rowsOf(path: string): number {
  const database = new Database(path, { readonly: true });
  try {
    const tables = database
      .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'")
      .all();
    return tables.reduce((rows, { name }) => {
      const counted = database.prepare<[], { rows: number }>(`SELECT count(*) AS rows FROM "${name}"`).get();
      return rows + (counted?.rows ?? 0);
    }, 0);
  } finally {
    database.close();
  }
}

export function renderEvents({ events, seconds, holdings }: EventsResult): string {
  const when = [
    'before',
    `after ${(events / 2).toLocaleString('en')}`,
    `after ${events.toLocaleString('en')}`,
  ];
  return [
    '## What grows with events',
    `${events.toLocaleString('en')} events of the engine about a container of the project (it was renamed), in ${Math.round(seconds)} s. ` +
      'The memory is what the process has, garbage that was not collected yet included.',
    table(
      ['', 'PSS', 'open files', 'database', 'rows in it'],
      holdings.map(({ memory, openFiles, databaseBytes, rows }, index) => [
        when[index] ?? '',
        mib(memory.pssBytes),
        String(openFiles),
        mib(databaseBytes),
        rows.toLocaleString('en'),
      ]),
    ),
  ].join('\n\n');
}
