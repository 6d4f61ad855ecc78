import type { FirmwareFacts, Version } from './firmware-facts.ts';
import type { Nic } from './machine.ts';
import { holdsPattern } from './match.ts';
import type { FirmwareExpectations, VersionExpectation } from './profile-schema.ts';
import { compareVersions } from './versions.ts';

/** A piece of firmware, held against what the profile expects of it. */
export interface FirmwareStatus {
  /** e.g. `BIOS`, `firmware of eno1`, `package intel-microcode`. */
  readonly name: string;
  readonly state: 'ok' | 'known-bad' | 'outdated' | 'missing' | 'unknown';
  /** Null when it is not known. */
  readonly version: string | null;
  /** What is wrong with it, or why it cannot be told; '' when all is well. */
  readonly detail: string;
  /** What to do about it; '' when there is nothing to do. */
  readonly next: string;
}

/** What a profile expects of the firmware, held against what runs. What nothing is expected of is left out. */
export function judgeFirmware(
  expected: FirmwareExpectations,
  facts: FirmwareFacts,
  nics: readonly Nic[],
): FirmwareStatus[] {
  const { bios, bootloader, microcode } = expected;
  return [
    ...(bios === undefined ? [] : [judgeVersion('BIOS', bios, facts.bios)]),
    ...(bootloader === undefined ? [] : [judgeVersion('boot loader', bootloader, facts.bootloader)]),
    ...(microcode === undefined ? [] : [judgeVersion('microcode', microcode, facts.microcode)]),
    ...(expected.nics ?? []).flatMap((expectation) =>
      nics
        .filter(({ pci, driver }) => [pci, driver].some((id) => id !== null && expectation.nic.includes(id)))
        .map(({ name }) =>
          judgeVersion(
            `firmware of ${name}`,
            expectation,
            facts.nics.get(name) ?? { why: 'it was not read' },
          ),
        ),
    ),
    ...(expected.packages ?? []).map(({ name, why }) =>
      judgePackage(name, why, facts.packages.get(name) ?? null),
    ),
  ];
}

function judgeVersion(name: string, expected: VersionExpectation, seen: Version): FirmwareStatus {
  const { atLeast, knownBad = [], update } = expected;
  if ('why' in seen) return { name, state: 'unknown', version: null, detail: seen.why, next: '' };
  const { version } = seen;
  const fault = knownBad.find((bad) => holdsPattern(bad.version, version));
  if (fault !== undefined) return { name, state: 'known-bad', version, detail: fault.why, next: update };
  if (atLeast !== undefined && compareVersions(version, atLeast.version) < 0) {
    const detail = `it is before ${atLeast.version}: ${atLeast.why}`;
    return { name, state: 'outdated', version, detail, next: update };
  }
  return { name, state: 'ok', version, detail: '', next: '' };
}

function judgePackage(name: string, why: string, installed: boolean | null): FirmwareStatus {
  const status = { name: `package ${name}`, version: null };
  if (installed === null) return { ...status, state: 'unknown', detail: 'dpkg does not tell', next: '' };
  if (installed) return { ...status, state: 'ok', detail: '', next: '' };
  const next = `\`sudo apt-get install ${name}\` (Debian's component non-free-firmware)`;
  return { ...status, state: 'missing', detail: why, next };
}
