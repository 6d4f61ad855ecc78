import { AgentError } from '../../system/errors.ts';
import { ownProgram } from '../../system/own-program.ts';
import { type Run, runOk } from '../../system/processes.ts';
import type { MediaProbeTarget, MediaReport } from './media-probe.ts';
import type { MediaProbeOutcome } from './media-probe-process.ts';

/** Longer than the probe itself may take: starting it takes seconds on a slow machine. */
const PROGRAM_MS = 45_000;
const HINT = 'Look at what LiveKit says: agentctl logs livekit.';

/** The media probe in a process of its own. Error: SFU_SIGNALLING, when it got no further than that. */
export async function askMedia(run: Run, target: MediaProbeTarget): Promise<MediaReport> {
  const [command, ...args] = ownProgram('media-probe');
  const { stdout } = await runOk(run, command, args, {
    timeoutMs: PROGRAM_MS,
    input: JSON.stringify(target),
    code: 'SFU_SIGNALLING',
    hint: HINT,
  });
  const outcome: MediaProbeOutcome = JSON.parse(stdout);
  if (outcome.ok) return outcome.report;
  throw new AgentError({ code: 'SFU_SIGNALLING', message: outcome.message, hint: HINT });
}
