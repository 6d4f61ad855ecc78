import { setTimeout as delay } from 'node:timers/promises';
import type { ControlApi } from '../control/api.ts';
import type { Engine } from '../engine/types.ts';
import { PROJECT } from '../stack/types.ts';
import { AgentError } from '../system/errors.ts';

/** As its `stop_grace_period`, and a little more. */
const STOP_MS = 35_000;
const LOOK_EVERY_MS = 200;
/** The hold ends by itself: should this process be killed, the agent starts the service again. */
const HOLD_MS = 5 * 60_000;

export interface StoppingPorts {
  readonly engine: Pick<Engine, 'containers' | 'kill' | 'start'>;
  readonly agent: Pick<ControlApi, 'hold' | 'release'>;
  readonly nowMs: () => number;
}

/**
 * Works while a service is stopped, and starts it again; works at once when it does not run. Resolves to the milliseconds
 * for which it did not. Errors: SERVICE_NOT_STOPPED, those of the agent and the engine, and those of `work`.
 */
export async function whileStopped(
  service: string,
  work: () => Promise<void>,
  { engine, agent, nowMs }: StoppingPorts,
): Promise<number> {
  const find = async () =>
    (await engine.containers(PROJECT)).find((container) => container.service === service);
  const container = await find();
  if (container?.state !== 'running') {
    await work();
    return 0;
  }
  await agent.hold({ service, forMs: HOLD_MS, reason: 'a backup is being made (agentctl backup)' });
  try {
    const stoppedAt = nowMs();
    // Not `stop`, which is how an operator says that a service is to stay down: the agent starts again what was killed.
    await engine.kill(container.id, 'SIGTERM');
    while ((await find())?.state === 'running') {
      if (nowMs() - stoppedAt > STOP_MS) throw notStopped(service);
      await delay(LOOK_EVERY_MS);
    }
    try {
      await work();
    } finally {
      await engine.start(container.id);
    }
    return nowMs() - stoppedAt;
  } finally {
    await agent.release({ service });
  }
}

const notStopped = (service: string) =>
  new AgentError({
    code: 'SERVICE_NOT_STOPPED',
    message: `${service} did not end within ${STOP_MS / 1_000} s of being asked to`,
    hint: `See what it is busy with: \`sudo agentctl logs ${service}\`. No backup was made.`,
  });
