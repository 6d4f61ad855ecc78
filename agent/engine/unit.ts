import { type Instant, wallAt } from '../system/clock.ts';
import { AgentError } from '../system/errors.ts';
import { type Run, runOk } from '../system/processes.ts';

/**
 * What the service manager says of an engine that does not answer. `stopped`: an operator stopped it
 * (`systemctl stop docker.socket docker`), at this time of the monotonic clock; `starting`; `other`: it failed, hangs, or
 * its socket is missing; `none`: nobody here can restart it, or could be asked.
 */
export type EngineUnitState =
  /** Null: it was not started in this boot. */
  | { readonly kind: 'stopped'; readonly atMonotonicMs: number | null }
  | { readonly kind: 'starting' | 'other' | 'none' };

/** Restarts the engine from outside. Every call is bounded in time. */
export interface EngineUnit {
  /** Whether there is a way at all. */
  readonly available: boolean;
  /** Never rejects. */
  state(): Promise<EngineUnitState>;
  /** Resolves once the engine was started. Error: ENGINE_RESTART_FAILED, and those of `run`. */
  restart(): Promise<void>;
}

const UNIT = 'docker.service';
const SOCKET_UNIT = 'docker.socket';
/** org.freedesktop.systemd1(5): microseconds of CLOCK_MONOTONIC; 0 if it never was. */
const STOPPED_AT = 'InactiveEnterTimestampMonotonic';
const ASK_TIMEOUT_MS = 10_000;
/** A unit that hangs is killed after its own 90 s (systemd's default), and then started. */
const RESTART_TIMEOUT_MS = 180_000;
const HINT = 'See why: `sudo journalctl -u docker -n 50` (without systemd: the log of dockerd).';

/** By `program` where there is one, else by systemd. `program` restarts the engine and exits 0 once it has. */
export function createEngineUnit(options: {
  readonly run: Run;
  readonly program: string | undefined;
  readonly underSystemd: boolean;
}): EngineUnit {
  const { run, program, underSystemd } = options;
  if (program === undefined && underSystemd) return systemdUnit(run);
  return {
    available: program !== undefined,
    state: async () => ({ kind: program === undefined ? 'none' : 'other' }),
    async restart() {
      if (program === undefined) throw failed('there is no service manager here, and no program for it');
      await runOk(run, program, [], {
        timeoutMs: RESTART_TIMEOUT_MS,
        code: 'ENGINE_RESTART_FAILED',
        hint: HINT,
      });
    },
  };
}

function systemdUnit(run: Run): EngineUnit {
  const systemctl = (timeoutMs: number, ...args: string[]) =>
    runOk(run, 'systemctl', args, { timeoutMs, code: 'ENGINE_RESTART_FAILED', hint: HINT });
  return {
    available: true,
    async state() {
      const properties = `--property=LoadState,ActiveState,Result,${STOPPED_AT}`;
      try {
        const { stdout } = await systemctl(ASK_TIMEOUT_MS, 'show', properties, UNIT);
        return stateOf(new Map(stdout.split('\n').map((line) => line.split('=') as [string, string])));
      } catch {
        // If nobody can be asked, nobody meddles.
        return { kind: 'none' };
      }
    },
    async restart() {
      // The socket is not the engine's but a unit of its own: only that makes one anew which somebody removed. Both in one
      // call: stopped singly, the engine would look stopped on purpose to an agent that starts meanwhile.
      const socket = await systemctl(ASK_TIMEOUT_MS, 'show', '--property=LoadState', '--value', SOCKET_UNIT);
      const units = socket.stdout.trim() === 'loaded' ? [SOCKET_UNIT, UNIT] : [UNIT];
      // After too many failures in a row systemd refuses to start a unit until that is forgotten.
      await systemctl(ASK_TIMEOUT_MS, 'reset-failed', ...units);
      await systemctl(RESTART_TIMEOUT_MS, 'restart', ...units);
    },
  };
}

/** From `systemctl show`: a unit that was stopped is inactive, with the result success; one that failed is failed. */
export function stateOf(properties: ReadonlyMap<string, string>): EngineUnitState {
  if (properties.get('LoadState') !== 'loaded') return { kind: 'none' };
  const active = properties.get('ActiveState');
  if (active === 'activating' || active === 'deactivating' || active === 'reloading')
    return { kind: 'starting' };
  if (active !== 'inactive' || properties.get('Result') !== 'success') return { kind: 'other' };
  const atMonotonicMs = Number(properties.get(STOPPED_AT)) / 1_000;
  return { kind: 'stopped', atMonotonicMs: atMonotonicMs > 0 ? atMonotonicMs : null };
}

/** When an operator stopped it, ISO 8601; null when nobody did in this boot, or nobody can tell. */
export function stoppedAt(unit: EngineUnitState, now: Instant): string | null {
  return unit.kind === 'stopped' && unit.atMonotonicMs !== null ? wallAt(unit.atMonotonicMs, now) : null;
}

const failed = (why: string) =>
  new AgentError({
    code: 'ENGINE_RESTART_FAILED',
    message: `The engine cannot be restarted: ${why}`,
    hint: HINT,
  });
