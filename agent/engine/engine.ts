import type * as z from 'zod';
import { readAnswer, requireSuccess } from './answers.ts';
import { execIn, exitCodeOf } from './exec.ts';
import { follow } from './follow.ts';
import { createInspections } from './inspections.ts';
import { loadImage } from './load-image.ts';
import { byService, ONE_OFF_LABEL, PROJECT_LABEL, toNetwork, toObservation } from './observations.ts';
import { ask } from './request.ts';
import {
  containerListSchema,
  containerSchema,
  imageSchema,
  networkListSchema,
  versionSchema,
} from './schemas.ts';
import type { Engine } from './types.ts';

export interface EngineOptions {
  /** Path of the engine's unix socket. */
  readonly socket: string;
  /** Bound of a call that only reads. Default 10 s. */
  readonly readTimeoutMs?: number;
}

/** Starting a container pulls its image from disk, sets up its network and runs it. */
const START_TIMEOUT_MS = 60_000;
/** An archive of some hundred megabytes on a slow eMMC. */
const LOAD_TIMEOUT_MS = 10 * 60_000;

/** The Docker Engine behind a unix socket. */
export function createEngine({ socket, readTimeoutMs = 10_000 }: EngineOptions): Engine {
  const get = async <T>(path: string, schema: z.ZodType<T>, query: Record<string, string> = {}): Promise<T> =>
    readAnswer(await ask(socket, { method: 'GET', path, query }, readTimeoutMs), schema, `GET ${path}`);

  /** As `get`, but null when the engine does not have it. */
  const find = async <T>(path: string, schema: z.ZodType<T>): Promise<T | null> => {
    const answer = await ask(socket, { method: 'GET', path }, readTimeoutMs);
    return answer.status === 404 ? null : readAnswer(answer, schema, `GET ${path}`);
  };

  const inspections = createInspections((id) => find(`/containers/${id}/json`, containerSchema));

  const post = async (path: string, query: Record<string, string>, timeoutMs: number): Promise<void> =>
    requireSuccess(await ask(socket, { method: 'POST', path, query }, timeoutMs), `POST ${path}`);

  const remove = async (path: string, force = true): Promise<void> => {
    const query = { force: force ? '1' : '0' };
    const answer = await ask(socket, { method: 'DELETE', path, query }, START_TIMEOUT_MS);
    if (answer.status !== 404) requireSuccess(answer, `DELETE ${path}`);
  };

  return {
    async version() {
      const { Version, ApiVersion } = await get('/version', versionSchema);
      return { version: Version, apiVersion: ApiVersion };
    },

    async containers(project) {
      const filters = JSON.stringify({ label: { [`${PROJECT_LABEL}=${project}`]: true } });
      const listed = await get('/containers/json', containerListSchema, { all: '1', filters });
      const services = listed.filter(({ Labels }) => Labels?.[ONE_OFF_LABEL] !== 'True');
      const inspected = await inspections(services);
      return inspected
        .map(({ answer, listed }) => toObservation(answer, project, listed.Image))
        .sort(byService);
    },

    async networks() {
      return (await get('/networks', networkListSchema)).map(toNetwork);
    },

    async imageId(reference) {
      return (await find(`/images/${encodeReference(reference)}/json`, imageSchema))?.Id ?? null;
    },

    loadImage: (archive) => loadImage(socket, archive, LOAD_TIMEOUT_MS),

    start: (containerId) => post(`/containers/${containerId}/start`, {}, START_TIMEOUT_MS),

    kill: (containerId, signal) => post(`/containers/${containerId}/kill`, { signal }, readTimeoutMs),

    restart: (containerId, graceSeconds) =>
      post(
        `/containers/${containerId}/restart`,
        { t: String(graceSeconds) },
        START_TIMEOUT_MS + graceSeconds * 1000,
      ),

    // Without a time of ours the engine waits for as long as the container's definition says.
    stop: (containerId) => post(`/containers/${containerId}/stop`, {}, START_TIMEOUT_MS),

    removeContainer: (containerId) => remove(`/containers/${containerId}`),

    removeNetwork: (networkId) => remove(`/networks/${networkId}`, false),

    removeImage: (reference) => remove(`/images/${encodeReference(reference)}`),

    removeUnusedImage: (reference) => remove(`/images/${encodeReference(reference)}`, false),

    exec: (options) => execIn(socket, options),

    execExitCode: (execId) => exitCodeOf(socket, execId, readTimeoutMs),

    follow: (options) => follow(socket, readTimeoutMs, options),
  };
}

/** A reference as a part of a path: its slashes stay. */
const encodeReference = (reference: string) => reference.split('/').map(encodeURIComponent).join('/');
