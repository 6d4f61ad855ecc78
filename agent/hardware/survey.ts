import { join } from 'node:path';
import { known, unknown } from '../conditions/findings.ts';
import type { Known } from '../conditions/types.ts';
import { mergeBudgets, type ProbeBudgets } from '../probes/budgets.ts';
import { describeError } from '../system/errors.ts';
import { run } from '../system/processes.ts';
import { detectMachine } from './detect.ts';
import { type FirmwareStatus, judgeFirmware } from './firmware.ts';
import { readFirmware } from './firmware-facts.ts';
import { loadProfiles, type ProfileFolders } from './load-profiles.ts';
import type { MachineFacts } from './machine.ts';
import { selectProfile } from './match.ts';
import { readProcessor } from './processor.ts';
import type { Profile } from './profiles.ts';
import { readValue } from './read-value.ts';
import { judgeRings, type Rings, readRings } from './rings.ts';
import { judge, type SettingStatus, settingsFor } from './settings.ts';
import { readTemperature, type Temperature } from './temperature.ts';
import { watchThrottling } from './throttling.ts';
import { readTuneRecord } from './tune-record.ts';
import { readUnderVoltage } from './under-voltage.ts';

/** The machine, and the profile that it gets. */
export interface ProfiledMachine {
  readonly machine: MachineFacts;
  /** Null when there is not even a profile for any machine. */
  readonly profile: Profile | null;
  readonly score: number;
  readonly evidence: readonly string[];
  /** Profiles that cannot be used, and why, a sentence each. */
  readonly refused: readonly string[];
  readonly firmware: readonly FirmwareStatus[];
  /** By the name of the interface; read where the profile says something of them. */
  readonly rings: ReadonlyMap<string, Rings>;
}

/** The hardware as status shows it. */
export interface HardwareReport {
  readonly profile: string;
  readonly score: number;
  readonly evidence: readonly string[];
  readonly refused: readonly string[];
  readonly settings: readonly SettingStatus[];
  /** What the profile expects of the firmware, and what is there. */
  readonly firmware: readonly FirmwareStatus[];
  /** How patient the profile is with services. */
  readonly probes: ProbeBudgets;
  /** `high` is the profile's, where that names one. */
  readonly temperature: Temperature;
  /** Whether the processor slowed itself down for heat again and again; null where nothing tells, as one look alone. */
  readonly throttled: boolean | null;
  /** Whether the supply gives too little voltage now; null where nothing tells. */
  readonly underVoltage: boolean | null;
  /** Whether the settings were set in this boot, as far as they could be. */
  readonly tuned: boolean;
}

/**
 * Looks at the machine and finds its profile. `root` stands before /sys: '' on a real machine. Rejects when
 * systeminformation does not answer in time.
 */
export async function profileMachine(folders: ProfileFolders, root = ''): Promise<ProfiledMachine> {
  const [{ profiles, refused }, machine] = await Promise.all([
    loadProfiles(folders),
    detectMachine({ root, processor: readProcessor }),
  ]);
  const { chosen } = selectProfile(profiles, machine);
  const expected = chosen?.profile.firmware ?? {};
  const packages = (expected.packages ?? []).map(({ name }) => name);
  const nics = chosen?.profile.settings.rings === undefined ? [] : machine.nics;
  const [firmware, rings] = await Promise.all([
    readFirmware({ run, root, nics: machine.nics, packages }),
    Promise.all(nics.map(async ({ name }) => [name, await readRings(run, name)] as const)),
  ]);
  return {
    machine,
    firmware: judgeFirmware(expected, firmware, machine.nics),
    rings: new Map(rings),
    profile: chosen?.profile ?? null,
    score: chosen?.score ?? 0,
    evidence: chosen?.evidence ?? ['no profile is for this machine'],
    refused,
  };
}

/** Reads how the settings of the profile stand; changes nothing. `root` stands before the paths of the settings. */
export async function surveySettings(
  { machine, profile, score, evidence, refused, firmware, rings }: ProfiledMachine,
  record: { readonly path: string; readonly bootId: string },
  root = '',
): Promise<HardwareReport> {
  const [tuned, temperature, underVoltage] = await Promise.all([
    readTuneRecord(record.path, record.bootId),
    readTemperature(root),
    readUnderVoltage(root),
  ]);
  const settings = settingsFor(profile?.settings ?? {}, machine);
  return {
    profile: profile?.name ?? 'none',
    score,
    evidence,
    refused,
    firmware,
    probes: mergeBudgets(profile?.probes ?? {}),
    temperature: { ...temperature, high: profile?.temperature?.high ?? temperature.high },
    throttled: null,
    underVoltage,
    tuned: tuned !== null,
    settings: [
      ...(await Promise.all(
        settings.map(async (setting) => {
          const readings = await Promise.all(setting.paths.map((path) => readValue(join(root, path))));
          const before = tuned?.settings.find(
            ({ name, want }) => name === setting.name && want === setting.want,
          );
          return judge(setting, readings, before?.refused);
        }),
      )),
      ...judgeRings(
        profile?.settings.rings,
        machine.nics,
        rings,
        tuned === null ? null : tuned.ringsSince ? 'since' : 'before',
      ),
    ],
  };
}

export interface SurveyPorts {
  readonly folders: ProfileFolders;
  readonly record: { readonly path: string; readonly bootId: string };
}

/** Looks at the machine and its settings, now. Does not reject. */
export async function surveyHardware({ folders, record }: SurveyPorts): Promise<Known<HardwareReport>> {
  try {
    return known(await surveySettings(await profileMachine(folders), record));
  } catch (error) {
    return unknown(describeError(error));
  }
}

export interface Survey {
  /** How the hardware stands now, as far as it is known yet. */
  report(): Promise<Known<HardwareReport>>;
  /** Resolves when the machine was looked at, whatever came of it. */
  readonly looked: Promise<void>;
}

/**
 * Looks at the machine once, for hardware does not change under a running system, and in the background, for that takes
 * a second on a slow one.
 */
export function createSurvey({ folders, record }: SurveyPorts): Survey {
  const throttling = watchThrottling();
  let profiled: Known<ProfiledMachine> = unknown('the hardware is being looked at');
  const looked = profileMachine(folders).then(
    (machine) => {
      profiled = known(machine);
    },
    (error: unknown) => {
      profiled = unknown(describeError(error));
    },
  );
  return {
    looked,
    async report() {
      if (!profiled.known) return profiled;
      const report = await surveySettings(profiled.value, record);
      return known({ ...report, throttled: await throttling.look() });
    },
  };
}
