import * as z from 'zod';
import { AgentError, describeError } from '../system/errors.ts';
import type { Run } from '../system/processes.ts';

export interface FwupdDevice {
  /** SHA-1 (hex) of where it is in this machine. */
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly updatable: boolean;
  /** Whether it has been given firmware that runs after the next start of the machine. */
  readonly needsReboot: boolean;
}

/** What fwupd knows of this machine, or why it tells nothing. */
export type Fwupd = { readonly devices: readonly FwupdDevice[] } | { readonly why: string };

const device = z.object({
  DeviceId: z.string(),
  Name: z.string(),
  Version: z.string().optional(),
  Flags: z.array(z.string()).default([]),
  Releases: z.array(z.object({ Version: z.string().optional() })).default([]),
});
const answer = z.object({ Devices: z.array(device) });
const refusal = z.object({ Error: z.object({ Message: z.string() }) });

/** fwupdmgr(1) asks the internet for news of firmware, as Debian configures it, unless each of these is said. */
const OFFLINE = ['--no-metadata-check', '--no-remote-check', '--no-unreported-check', '--no-reboot-check'];

const ASKED_MS = 30_000;
/** Some devices are written for minutes. */
const WRITTEN_MS = 30 * 60_000;

/**
 * Asks fwupd for its devices, where it is installed. Not for a beat: D-Bus starts its daemon for it, which stays for
 * hours. Never rejects; bounded to 30 s; without any network.
 */
export async function readFwupd(run: Run): Promise<Fwupd> {
  try {
    return { devices: (await ask(run, ['get-devices'])).flatMap(known) };
  } catch (error) {
    const missing = error instanceof AgentError && error.code === 'PROCESS_NOT_STARTED';
    return { why: missing ? 'not installed' : describeError(error) };
  }
}

/** The newest version that a cabinet archive has for each device of this machine. Error: FWUPD_REFUSED. */
export async function readArchive(run: Run, archive: string): Promise<ReadonlyMap<string, string>> {
  const devices = await ask(run, ['get-details', archive]);
  return new Map(
    devices.flatMap(({ DeviceId, Releases }) => {
      const newest = Releases.find(({ Version }) => Version !== undefined)?.Version;
      return newest === undefined ? [] : [[DeviceId, newest] as const];
    }),
  );
}

/**
 * Has fwupd write the firmware of a cabinet archive to a device. It takes only what a maker has signed. Errors:
 * FWUPD_REFUSED; PROCESS_TIMEOUT after 30 min, while fwupd may go on.
 */
export async function installArchive(run: Run, archive: string, id: string): Promise<void> {
  await asked(run, ['local-install', archive, id, '--assume-yes'], WRITTEN_MS);
}

async function ask(run: Run, args: readonly string[]) {
  const parsed = answer.safeParse(parseJson(await asked(run, args, ASKED_MS)));
  if (parsed.success) return parsed.data.Devices;
  throw refused('its answer is not what it should be');
}

async function asked(run: Run, args: readonly string[], timeoutMs: number): Promise<string> {
  const { exitCode, stdout, stderr } = await run('fwupdmgr', [...args, '--json', ...OFFLINE], { timeoutMs });
  const told = refusal.safeParse(parseJson(stdout));
  if (told.success) throw refused(told.data.Error.Message);
  if (exitCode !== 0) throw refused(stderr.trim().split('\n').at(-1) || `it ended with ${exitCode}`);
  return stdout;
}

const known = ({ DeviceId, Name, Version, Flags }: z.infer<typeof device>): FwupdDevice[] =>
  Version === undefined
    ? []
    : [
        {
          id: DeviceId,
          name: Name,
          version: Version,
          updatable: Flags.includes('updatable'),
          needsReboot: Flags.includes('needs-reboot'),
        },
      ];

const refused = (message: string) =>
  new AgentError({ code: 'FWUPD_REFUSED', message, hint: 'See: `sudo journalctl -u fwupd -n 50`' });

/** Undefined when it is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // An installation that went well prints nothing.
    return undefined;
  }
}
