import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { provision } from '../../../agent/agentctl/commands/provision.ts';
import { plain } from '../../../agent/agentctl/terminal.ts';
import { startControlServer } from '../../../agent/control/server.ts';
import type { ProvisioningStepStatus } from '../../../agent/control/status.ts';
import { writeStatus } from '../../../agent/control/status-file.ts';
import { systemClock } from '../../../agent/system/clock.ts';
import { appliancePaths } from '../../../agent/system/paths.ts';
import { statusOf } from '../control/a-status.ts';
import { quietApi } from '../control/an-api.ts';

const FINISHED = new Date(2026, 10, 22, 11, 5).toISOString();
const done = (name: string): ProvisioningStepStatus => ({
  name,
  state: 'done',
  finishedAt: FINISHED,
  detail: 'ok',
});
const running = (name: string, detail: string): ProvisioningStepStatus => ({
  name,
  state: 'running',
  finishedAt: null,
  detail,
});

/** agentctl provision, as a person sees it, beside an agent that tells of what it is told to. */
async function beside(t: ExecutionContext) {
  const root = await mkdtemp(join(tmpdir(), 'aa-provision-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  const paths = appliancePaths(root);
  const clock = systemClock();
  const asked: string[] = [];
  let written = '';
  const write = (text: string) => {
    written += text;
  };
  return {
    asked,
    written: () => written,
    /** Resolves when these words were written. */
    async writes(words: string) {
      while (!written.includes(words)) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    async agentRuns() {
      const provisionAgain = async ({ from }: { from: string }) => {
        asked.push(from);
        return { message: `Again from ${from}.` };
      };
      const server = await startControlServer(paths.socket, { ...quietApi, provisionAgain });
      t.teardown(() => server.close());
    },
    async agentTells(...steps: ProvisioningStepStatus[]) {
      const state = steps.every((step) => step.state === 'done') ? 'done' : 'running';
      const provisioning = { state, steps } as const;
      await writeStatus(paths.status, statusOf(0, { provisioning }));
    },
    run: (options: { from?: string } = {}) =>
      provision(
        { paths, clock, terminal: { write, writeError: write, columns: 100, isTty: false, paint: plain } },
        options,
      ),
  };
}

test('a machine that is set up: every step with when it was done, and the end', async (t) => {
  const { agentRuns, agentTells, run, written } = await beside(t);
  await agentRuns();
  await agentTells(done('images'), done('firewall'));
  t.is(await run(), 0);
  t.is(
    written(),
    'images    done     2026-11-22 11:05:00  ok\n' +
      'firewall  done     2026-11-22 11:05:00  ok\n' +
      'This machine is set up.\n',
  );
});

test('a step is told again when it changes, and no other; what has not begun is not told', async (t) => {
  const { agentRuns, agentTells, run, written, writes } = await beside(t);
  const pending = { name: 'serving', state: 'pending', finishedAt: null, detail: '' } as const;
  await agentRuns();
  await agentTells(done('images'), running('stack', 'not running: livekit'), pending);
  const ended = run();
  await writes('livekit');
  await agentTells(done('images'), running('stack', 'not running: coturn'), pending);
  await writes('coturn');
  await agentTells(done('images'), done('stack'), done('serving'));
  t.is(await ended, 0);
  t.deepEqual(
    written()
      .split('\n')
      .map((line) => line.split(/ {2,}/).slice(0, 2).join(' ')),
    [
      'images done',
      'stack running',
      'stack running',
      'stack done',
      'serving done',
      'This machine is set up.',
      '',
    ],
  );
});

test('what the agent told before it was asked to go through the steps again is no answer', async (t) => {
  const { agentRuns, agentTells, asked, run, writes, written } = await beside(t);
  await agentRuns();
  await agentTells(done('images'), done('stack'));
  const ended = run({ from: 'stack' });
  await writes('Again from stack.');
  await new Promise((resolve) => setTimeout(resolve, 600));
  t.is(written(), 'Again from stack.\n');
  await agentTells(done('images'), done('stack'));
  t.is(await ended, 0);
  t.deepEqual(asked, ['stack']);
});

test('without an agent nothing is waited for: what is known is said, and the status is 3', async (t) => {
  const { agentTells, run, written } = await beside(t);
  await agentTells(done('images'), running('stack', ''));
  t.is(await run(), 3);
  t.regex(written(), /^UNKNOWN {2}The agent is not running/);
  await t.throwsAsync(run({ from: 'stack' }), { code: 'AGENT_NOT_RUNNING' });
});
