import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { ask } from '../../agent/engine/request.ts';

/**
 * What the README of willfarrell/docker-autoheal (afb2c8b) documents, with its defaults: each 5 s it asks the engine for
 * containers with its label that are unhealthy, and restarts them, with 10 s to stop (AUTOHEAL_INTERVAL,
 * AUTOHEAL_DEFAULT_STOP_TIMEOUT). Resolves when the signal aborts.
 */
export async function autoheal(socket: string, label: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    for (const { Id } of await unhealthy(socket, label)) {
      const path = `/containers/${Id}/restart`;
      const { status, text } = await ask(
        socket,
        { method: 'POST', path, query: { t: `${STOP_TIMEOUT_S}` } },
        60_000,
      );
      if (status !== 204) throw new Error(`autoheal could not restart ${Id}: ${text}`);
    }
    await sleep(INTERVAL_MS, undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}

const INTERVAL_MS = 5_000;
const STOP_TIMEOUT_S = 10;

const listed = z.array(z.object({ Id: z.string() }));

async function unhealthy(socket: string, label: string) {
  const filters = JSON.stringify({ health: ['unhealthy'], label: [`${label}=true`] });
  const { text } = await ask(socket, { method: 'GET', path: '/containers/json', query: { filters } }, 30_000);
  return listed.parse(JSON.parse(text));
}
