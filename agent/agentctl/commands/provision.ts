import { setTimeout as delay } from 'node:timers/promises';
import { createControlClient } from '../../control/client.ts';
import type { ProvisioningStepStatus, Status } from '../../control/status.ts';
import type { Instant } from '../../system/clock.ts';
import { AgentError } from '../../system/errors.ts';
import { readAgent } from '../agent-process.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { headline } from '../render/headline.ts';
import { renderStep } from '../render/provisioning.ts';
import { formatDuration } from '../render/times.ts';

const LOOK_EVERY_MS = 250;
/** The ladder of healing takes four minutes: what is not done after twice that is for a person to look at. */
const PATIENCE_MS = 10 * 60_000;

/**
 * Shows each step of bringing this machine up as it is done, until all are; the agent is what does them. With `from`
 * it first goes through that step and those after it again. Errors: PROVISIONING_UNFINISHED, UNKNOWN_STEP, and those of
 * the agent's socket.
 */
export async function provision(context: Context, { from }: { from?: string }): Promise<number> {
  const { terminal, clock, paths } = context;
  let askedAt: Instant | null = null;
  if (from !== undefined) {
    const { message } = await createControlClient(paths.socket).provisionAgain({ from });
    askedAt = clock.now();
    terminal.write(`${message}\n`);
  }
  const until = performance.now() + PATIENCE_MS;
  let shown: readonly string[] = [];
  for (;;) {
    const { reading, agentRuns } = await readAgent(context);
    const { status } = reading;
    if (status === null || reading.stale) {
      terminal.write(`${headline(reading, agentRuns, terminal).join('\n')}\n`);
      return EXIT.unknown;
    }
    if (askedAt === null || isSince(status, askedAt)) {
      const lines = reached(status).map((step) => renderStep(step, status, terminal));
      terminal.write(lines.filter((line) => !shown.includes(line)).join(''));
      shown = lines;
      if (status.provisioning.state === 'done') {
        terminal.write('This machine is set up.\n');
        return EXIT.ok;
      }
    }
    if (performance.now() > until) throw unfinished(status);
    await delay(LOOK_EVERY_MS);
  }
}

/** What the agent wrote before it was asked says nothing about what it was asked for. */
const isSince = ({ generatedMonotonicMs }: Status, { monotonicMs }: Instant) =>
  generatedMonotonicMs > monotonicMs;

const reached = ({ provisioning }: Status): ProvisioningStepStatus[] =>
  provisioning.steps.filter(({ state }) => state !== 'pending');

function unfinished(status: Status): AgentError {
  const step = reached(status).find(({ state }) => state !== 'done');
  return new AgentError({
    code: 'PROVISIONING_UNFINISHED',
    message: `Not set up after ${formatDuration(PATIENCE_MS)}: step ${step?.name}: ${step?.detail}`,
    hint: 'The agent goes on. What is wrong, and what to do about it: `agentctl status`',
  });
}
