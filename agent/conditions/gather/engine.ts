import type { EngineVersion } from '../../engine/types.ts';
import { type EngineUnit, stoppedAt } from '../../engine/unit.ts';
import type { Clock } from '../../system/clock.ts';
import { AgentError, describeError, isErrno } from '../../system/errors.ts';
import { known, unknown } from '../findings.ts';
import type { Facts } from '../types.ts';

/** Whether the Docker Engine answers, and its version; if not, whether it was stopped. Bounded by the ports' own time-outs. */
export async function gatherEngine(
  version: () => Promise<EngineVersion>,
  unit: Pick<EngineUnit, 'state'>,
  clock: Clock,
): Promise<Facts['engine']> {
  try {
    return known({ version: (await version()).version, error: null, stoppedAt: null });
  } catch (error) {
    // Not being let in says nothing about the engine.
    if (isDenied(error)) return unknown('needs root');
    const stopped = stoppedAt(await unit.state(), clock.now());
    return known({ version: '', error: describeError(error), stoppedAt: stopped });
  }
}

/** Whether the Compose plugin is there, and its version. */
export async function gatherCompose(version: () => Promise<string>): Promise<Facts['compose']> {
  try {
    return known({ version: await version(), detail: '' });
  } catch (error) {
    if (error instanceof AgentError && error.code === 'COMPOSE_MISSING') {
      return known({ version: null, detail: describeError(error) });
    }
    return unknown(describeError(error));
  }
}

function isDenied(error: unknown): boolean {
  if (isErrno(error, 'EACCES') || isErrno(error, 'EPERM')) return true;
  return error instanceof Error && error.cause !== undefined && isDenied(error.cause);
}
