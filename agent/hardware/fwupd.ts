import * as z from 'zod';
import { AgentError, describeError } from '../system/errors.ts';
import type { Run } from '../system/processes.ts';

/** What fwupd knows of this machine, or why it tells nothing. */
export type Fwupd =
  | {
      readonly devices: readonly {
        readonly name: string;
        readonly version: string;
        readonly updatable: boolean;
      }[];
    }
  | { readonly why: string };

const answer = z.object({
  Devices: z.array(
    z.object({
      Name: z.string(),
      Version: z.string().optional(),
      Flags: z.array(z.string()).optional(),
    }),
  ),
});

/**
 * Asks fwupd for its devices (fwupdmgr(1)), where it is installed. Not for a beat: D-Bus starts its daemon for it, which
 * stays for hours. Never rejects; bounded to 30 s.
 */
export async function readFwupd(run: Run): Promise<Fwupd> {
  try {
    const { stdout, stderr } = await run('fwupdmgr', ['get-devices', '--json'], { timeoutMs: 30_000 });
    const parsed = answer.safeParse(parseJson(stdout));
    if (!parsed.success)
      return { why: stderr.trim().split('\n').at(-1) || 'its answer is not what it should be' };
    return {
      devices: parsed.data.Devices.flatMap(({ Name, Version, Flags = [] }) =>
        Version === undefined
          ? []
          : [{ name: Name, version: Version, updatable: Flags.includes('updatable') }],
      ),
    };
  } catch (error) {
    const missing = error instanceof AgentError && error.code === 'PROCESS_NOT_STARTED';
    return { why: missing ? 'not installed' : describeError(error) };
  }
}

/** Undefined when it is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Without a daemon to ask, fwupdmgr writes its reason to stderr and nothing here.
    return undefined;
  }
}
