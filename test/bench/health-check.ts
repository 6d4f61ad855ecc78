import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { createClient } from '../support/client.ts';
import { autoheal } from './autoheal.ts';
import type { Counts, HealthCheck } from './counts.ts';
import { type DockerHost, NETWORK } from './docker-host.ts';
import type { HealResult } from './heal.ts';
import { outageBy } from './outage.ts';

/** The Compose file's `healthcheck:`, and how long a fault is waited for to be over. */
const CHECKS: Readonly<
  Record<
    HealthCheck,
    { readonly by: string; readonly times: object; readonly intervalMs: number; readonly limitMs: number }
  >
> = {
  // 30 s between them, 30 s to answer, 3 misses (Dockerfile reference, HEALTHCHECK).
  default: {
    by: 'Docker’s health check at its defaults, and docker-autoheal’s loop',
    times: {},
    intervalMs: 30_000,
    limitMs: 240_000,
  },
  'as-often-as-ours': {
    by: 'Docker’s health check each 10 s, 2 s to answer, 2 misses, and docker-autoheal’s loop',
    times: { interval: '10s', timeout: '2s', retries: 2 },
    intervalMs: 10_000,
    limitMs: 90_000,
  },
};

const FIRST_PORT = 7_900;
const ASKS =
  "fetch('http://127.0.0.1:7880/').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))";

/**
 * Processes that hang, with Docker's health check and docker-autoheal: the trials run beside each other, each container
 * with a loop of its own, and hang at different points of the check's interval.
 */
export async function measureHealthChecks(
  host: DockerHost,
  { healthChecks, trials }: Counts['heal'],
): Promise<HealResult[]> {
  const results: HealResult[] = [];
  for (const check of healthChecks) results.push(await hangAll(host, check, trials));
  return results;
}

async function hangAll(host: DockerHost, check: HealthCheck, trials: number): Promise<HealResult> {
  const { by, times, intervalMs, limitMs } = CHECKS[check];
  const names = Array.from({ length: trials }, (_, index) => `bench-hung-${index}`);
  const file = join(host.machine.root, 'bench-hung.yaml');
  const services = Object.fromEntries(names.map((name, index) => [name, service(host, name, index, times)]));
  await writeFile(file, stringify({ services, networks: { [NETWORK]: { external: true } } }));
  await host.compose.up({ file, services: names, forceRecreate: true });
  await Promise.all(names.map((name) => untilHealthy(host, name)));
  const stop = new AbortController();
  const loops = names.map((name) => autoheal(host.engineSocket, name, stop.signal));
  try {
    const outages = await Promise.all(
      names.map(async (container, index) => {
        await sleep((index * intervalMs) / trials);
        const sufferer = {
          client: createClient(host.machine),
          port: FIRST_PORT + index,
          container,
          docker: host.docker,
        };
        return outageBy('hung', sufferer, { intervalMs: 50, limitMs });
      }),
    );
    return { by, fault: 'hung', outages };
  } finally {
    stop.abort();
    await Promise.all(loops);
    await host.docker('rm', '--force', ...names);
  }
}

function service({ image }: DockerHost, name: string, index: number, times: object) {
  return {
    image,
    container_name: name,
    labels: { [name]: 'true' },
    restart: 'always',
    ports: [`${FIRST_PORT + index}:7882/udp`],
    networks: [NETWORK],
    healthcheck: { test: ['CMD', '/usr/bin/node', '-e', ASKS], ...times },
  };
}

/** The first check comes one interval after the start. */
async function untilHealthy({ docker }: DockerHost, name: string): Promise<void> {
  for (let tries = 0; tries < 90; tries += 1) {
    if ((await docker('inspect', '--format', '{{.State.Health.Status}}', name)).trim() === 'healthy') return;
    await sleep(500);
  }
  throw new Error(`${name} did not become healthy`);
}
