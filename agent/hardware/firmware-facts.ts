import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentError, describeError, isErrno } from '../system/errors.ts';
import type { Run } from '../system/processes.ts';
import type { Nic } from './machine.ts';
import { readValue } from './read-value.ts';

/** A version, or why it is not known. */
export type Version = { readonly version: string } | { readonly why: string };

/** The firmware that runs on a machine. */
export interface FirmwareFacts {
  /** SMBIOS type 0, or UEFI's. */
  readonly bios: Version;
  /** Day on which the boot loader in a Raspberry Pi's EEPROM was built, e.g. `2023-01-11`. */
  readonly bootloader: Version;
  /** e.g. `0x5003604`. */
  readonly microcode: Version;
  /** By the name of the interface. */
  readonly nics: ReadonlyMap<string, Version>;
  /** By the name of the package: whether it is installed; null when that cannot be told. */
  readonly packages: ReadonlyMap<string, boolean | null>;
}

export interface FirmwarePorts {
  readonly run: Run;
  /** What stands before /sys and /proc. */
  readonly root: string;
  readonly nics: readonly Nic[];
  /** Debian packages to ask for. */
  readonly packages: readonly string[];
}

/** Reads what firmware runs here. Needs no root; each part is bounded in time, and never rejects. */
export async function readFirmware({ run, root, nics, packages }: FirmwarePorts): Promise<FirmwareFacts> {
  const [bios, bootloader, microcode, nicVersions, installed] = await Promise.all([
    readBios(root),
    readBootloader(root),
    readMicrocode(root),
    Promise.all(nics.map(async ({ name }) => [name, await readNicFirmware(run, name)] as const)),
    Promise.all(packages.map(async (name) => [name, await isInstalled(run, name)] as const)),
  ]);
  return { bios, bootloader, microcode, nics: new Map(nicVersions), packages: new Map(installed) };
}

async function readBios(root: string): Promise<Version> {
  const reading = await readValue(join(root, '/sys/class/dmi/id/bios_version'));
  return reading.ok && reading.value !== '' ? { version: reading.value } : { why: 'there is no DMI' };
}

/** Seconds since the epoch as 32 bits, big endian, as rpi-eeprom-update reads them. */
async function readBootloader(root: string): Promise<Version> {
  const path = join(root, '/sys/firmware/devicetree/base/chosen/bootloader/build-timestamp');
  try {
    const seconds = (await readFile(path)).readUInt32BE();
    return { version: new Date(seconds * 1000).toISOString().slice(0, 10) };
  } catch (error) {
    // Also when the file is too short to hold it.
    const missing = isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR');
    return { why: missing ? 'this is no Raspberry Pi, or U-Boot or UEFI hide it' : describeError(error) };
  }
}

async function readMicrocode(root: string): Promise<Version> {
  const reading = await readValue(join(root, '/proc/cpuinfo'));
  const version = reading.ok ? /^microcode\s*: (0x[0-9a-f]+)$/m.exec(reading.value)?.[1] : undefined;
  return version === undefined ? { why: 'this processor does not tell it' } : { version };
}

/** ethtool(8) -i, which is no package that a Debian has by itself. */
async function readNicFirmware(run: Run, name: string): Promise<Version> {
  try {
    const { stdout } = await run('ethtool', ['-i', name], { timeoutMs: 5_000 });
    const version = /^firmware-version: (\S+)/m.exec(stdout)?.[1];
    return version === undefined ? { why: 'its driver does not tell it' } : { version };
  } catch (error) {
    const missing = error instanceof AgentError && error.code === 'PROCESS_NOT_STARTED';
    return {
      why: missing ? 'ethtool is not installed: `sudo apt-get install ethtool`' : describeError(error),
    };
  }
}

async function isInstalled(run: Run, name: string): Promise<boolean | null> {
  // Quoted for dpkg-query, not for a shell: there is none between.
  const args = ['--show', '--showformat=$' + '{db:Status-Status}', name];
  try {
    return (await run('dpkg-query', args, { timeoutMs: 10_000 })).stdout === 'installed';
  } catch (error) {
    if (error instanceof AgentError) return null;
    throw error;
  }
}
