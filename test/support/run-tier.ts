import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { isErrno } from '../../agent/system/errors.ts';
import { readFileIfPresent } from '../../agent/system/files.ts';
import { DEBIAN_VARIABLE, SKIP_VARIABLE, TIER_DIRECTORY_VARIABLE } from './requirements.ts';
import { systemPath } from './system-path.ts';
import type { RunEvent } from './tally.ts';
import { filesOf, type Tier } from './tiers.ts';

export interface TierRun {
  /** Why every test of the tier is to be skipped; null to run them. */
  readonly skip: string | null;
  readonly env: Readonly<Record<string, string>>;
  /** The folder of the Debian that the tier asks for; null for this machine itself. */
  readonly root: string | null;
  /** Ends the run early. */
  readonly signal: AbortSignal;
  /** Receives ava's report, line by line as it comes. */
  print(line: string): void;
}

/** Grace between asking ava to end, which lets it name the tests that were running, and killing its whole group. */
const GRACE_MS = 5000;
/** How long ava's last words may take to arrive once it has ended. */
const DRAIN_MS = 1000;

/** What ava says about how it was started, every time. */
const NOISE = /⚠ (Using configuration from|Experiments are enabled)/;

/** Runs a tier's files through ava: every event of the run. Never longer than the tier's limit and a short grace. */
export async function runTier(tier: Tier, run: TierRun): Promise<RunEvent[]> {
  const directory = await mkdtemp(join(tmpdir(), 'aa-tier-'));
  const record = join(directory, 'events.jsonl');
  try {
    await runAva(tier, run, record);
    const lines = ((await readFileIfPresent(record)) ?? '').split('\n').filter((line) => line !== '');
    return lines.map((line): RunEvent => JSON.parse(line));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function runAva(tier: Tier, { skip, env, root, signal, print }: TierRun, record: string): Promise<void> {
  const args = ['node_modules/ava/entrypoints/cli.js', '--config', 'test/ava.config.js'];
  args.push('--timeout', `${tier.silenceMs}ms`, ...lanesOf(tier));
  const enter = root === null ? [] : ['sh', 'test/support/enter-root.sh', root];
  const [program = '', ...words] = [...enter, process.execPath, ...args];
  const child = spawn(program, words, {
    // A group of its own, so that test processes that ava leaves behind can be ended with it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      // ava writes to a pipe, but it is a person's terminal that the pipe ends in.
      ...(process.stdout.isTTY && !process.env.NO_COLOR ? { FORCE_COLOR: '1' } : {}),
      PATH: systemPath(),
      ...env,
      ...(skip === null ? {} : { [SKIP_VARIABLE]: skip }),
      ...(tier.debian === undefined ? {} : { [DEBIAN_VARIABLE]: tier.debian }),
      APPLIANCE_AGENT_TEST_FILES: filesOf(tier).join('\n'),
      APPLIANCE_AGENT_TEST_EVENTS: record,
      [TIER_DIRECTORY_VARIABLE]: dirname(record),
    },
  });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      if (!NOISE.test(line)) print(line);
    });
  }
  const killGroup = (name: NodeJS.Signals) => {
    if (child.pid !== undefined) signalGroup(child.pid, name);
  };
  let kill: NodeJS.Timeout | undefined;
  const end = () => {
    killGroup('SIGINT');
    kill = setTimeout(() => killGroup('SIGKILL'), GRACE_MS);
  };
  const limit = setTimeout(() => {
    print(`${tier.name}: not done after ${tier.limitMs / 1000} s: ended`);
    end();
  }, tier.limitMs);
  signal.addEventListener('abort', end, { once: true });
  return new Promise((resolve, reject) => {
    const finish = () => {
      clearTimeout(limit);
      clearTimeout(kill);
      signal.removeEventListener('abort', end);
      killGroup('SIGKILL');
    };
    child.once('error', (error) => {
      finish();
      reject(error);
    });
    child.once('exit', () => {
      finish();
      // A process that a test left behind in a session of its own may hold ava's output open for ever.
      setTimeout(() => {
        for (const stream of [child.stdout, child.stderr]) stream.destroy();
      }, DRAIN_MS).unref();
    });
    child.once('close', () => resolve());
  });
}

const lanesOf = ({ lanes }: Tier): readonly string[] =>
  lanes === undefined ? [] : ['--concurrency', String(lanes)];

function signalGroup(leader: number, name: NodeJS.Signals): void {
  try {
    process.kill(-leader, name);
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
  }
}
