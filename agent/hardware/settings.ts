import type { MachineFacts, Nic } from './machine.ts';
import type { ProfileSettings } from './profile-schema.ts';
import type { Reading } from './read-value.ts';

/** One thing that a profile wants of the kernel; it may stand in several files that must all hold the same. */
export interface Setting {
  /** For people, e.g. `net.core.rmem_max`, `packet steering of eth0`. */
  readonly name: string;
  readonly paths: readonly string[];
  readonly want: string;
  /** `at-least`: a number that is higher already stays; `mask`: processors as hexadecimal digits. */
  readonly rule: 'at-least' | 'same' | 'mask';
}

export interface SettingStatus {
  readonly name: string;
  /**
   * `applied`: it is so. `unsupported`: this kernel has no such setting, or does not let it be changed here.
   * `drifted`: it could be so, and is not. `pending`: it will be from the next boot on.
   */
  readonly state: 'applied' | 'unsupported' | 'drifted' | 'pending';
  readonly want: string;
  /** Null when it cannot be read. */
  readonly seen: string | null;
  /** Why it is not applied; '' when it is. */
  readonly detail: string;
}

/** What a profile means on this machine. */
export function settingsFor(profile: ProfileSettings, machine: MachineFacts): Setting[] {
  return [
    ...Object.entries(profile.sysctl ?? {}).map(
      ([name, value]): Setting => ({
        name,
        paths: [`/proc/sys/${name.replaceAll('.', '/')}`],
        want: String(value),
        rule: 'at-least',
      }),
    ),
    ...steeringFor(profile.rps, machine),
    ...governorFor(profile.governor, machine),
  ];
}

/** Receive packet steering: Documentation/networking/scaling.rst of the kernel. */
function steeringFor(rps: ProfileSettings['rps'], { nics, cores }: MachineFacts): Setting[] {
  if (rps === undefined || cores === 1) return [];
  const gains = ({ rxQueues }: Nic) => rxQueues.length > 0 && (rps === 'always' || rxQueues.length < cores);
  return nics.filter(gains).map(({ name, rxQueues }) => ({
    name: `packet steering of ${name}`,
    paths: rxQueues.map((queue) => `/sys/class/net/${name}/queues/${queue}/rps_cpus`),
    want: maskOf(cores),
    rule: 'mask',
  }));
}

/** Documentation/admin-guide/pm/cpufreq.rst of the kernel. */
function governorFor(governor: ProfileSettings['governor'], { frequencyPolicies }: MachineFacts): Setting[] {
  if (governor === undefined) return [];
  const policies = frequencyPolicies.length === 0 ? ['policy0'] : frequencyPolicies;
  return [
    {
      name: 'frequency governor',
      paths: policies.map((policy) => `/sys/devices/system/cpu/cpufreq/${policy}/scaling_governor`),
      want: governor,
      rule: 'same',
    },
  ];
}

/** The first `cores` processors as the kernel writes a mask: hexadecimal, a comma after each 32 bits. */
export function maskOf(cores: number): string {
  const digits = ((1n << BigInt(cores)) - 1n).toString(16);
  return digits.replace(/\B(?=([0-9a-f]{8})+$)/g, ',');
}

/** Whether a value is as wanted. */
export function holds({ rule, want }: Setting, value: string): boolean {
  switch (rule) {
    case 'at-least':
      return /^\d+$/.test(value) && Number(value) >= Number(want);
    case 'mask':
      return digitsOf(value) === digitsOf(want);
    case 'same':
      return value === want;
  }
}

const digitsOf = (mask: string) => mask.replaceAll(',', '').replace(/^0+(?=.)/, '');

/**
 * How a setting stands. `refused`: why it could not be set when that was last tried in this boot; null when it was set,
 * undefined when nobody tried.
 */
export function judge(
  setting: Setting,
  readings: readonly Reading[],
  refused: string | null | undefined,
): SettingStatus {
  const { name, want } = setting;
  const values = readings.flatMap((reading) => (reading.ok ? [reading.value] : []));
  const [failure] = readings.flatMap((reading) => (reading.ok ? [] : [reading.code]));
  const other = values.find((value) => !holds(setting, value));
  const status = { name, want, seen: other ?? values[0] ?? null };
  if (failure !== undefined) return { ...status, state: 'unsupported', detail: inWords(failure) };
  if (other === undefined) return { ...status, state: 'applied', detail: '' };
  if (typeof refused === 'string') return { ...status, state: 'unsupported', detail: refused };
  const detail =
    refused === null ? 'it was set when the machine started, and changed since' : 'nobody has set it yet';
  return { ...status, state: 'drifted', detail };
}

/** A system error's code as the reason why a setting cannot be read or set. */
export function inWords(code: string): string {
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'this kernel has no such setting here';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'it may not be changed here, as in a container';
    case 'EINVAL':
    case 'EOPNOTSUPP':
      return 'this kernel or device does not take this value';
    default:
      return `the kernel refuses it (${code})`;
  }
}
