import { readlink } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import type { MachineFacts, Nic } from './machine.ts';
import { namesIn, readValue } from './read-value.ts';

export interface DetectPorts {
  /** What stands before `/sys`: '' on a real machine; tests have recorded trees. */
  readonly root: string;
  readonly processor: () => Promise<{
    readonly vendor: string;
    readonly model: string;
    readonly virtual: boolean;
  }>;
  readonly cores?: number;
}

/** Looks at the hardware. What cannot be read is null; needs no root. Rejects only when `processor` does. */
export async function detectMachine({
  root,
  processor,
  cores = availableParallelism(),
}: DetectPorts): Promise<MachineFacts> {
  const dmi = (name: string) => readText(join(root, '/sys/class/dmi/id', name));
  const tree = (name: string) => readStrings(join(root, '/sys/firmware/devicetree/base', name));
  const [sysVendor, productName, boardName, model, compatible, cpu, nics, policies] = await Promise.all([
    dmi('sys_vendor'),
    dmi('product_name'),
    dmi('board_name'),
    tree('model'),
    tree('compatible'),
    processor(),
    readNics(join(root, '/sys/class/net')),
    namesIn(join(root, '/sys/devices/system/cpu/cpufreq')),
  ]);
  return {
    dmi: { sysVendor, productName, boardName },
    deviceTree: {
      model: model[0] ?? null,
      board: compatible[0] ?? null,
      soc: compatible.at(-1) ?? null,
    },
    cpu: cpu.model === '' ? null : { vendor: cpu.vendor, model: cpu.model },
    cores,
    frequencyPolicies: policies.filter((name) => name.startsWith('policy')).sort(),
    virtual: cpu.virtual,
    nics,
  };
}

async function readNics(directory: string): Promise<Nic[]> {
  const names = await namesIn(directory);
  const nics = await Promise.all(names.sort().map((name) => readNic(name, join(directory, name))));
  return nics.filter((nic) => nic !== null);
}

/** Null when nothing but the kernel is behind this interface (sysfs-class-net: `device` is then missing). */
async function readNic(name: string, directory: string): Promise<Nic | null> {
  const device = join(directory, 'device');
  const inDevice = await namesIn(device);
  if (inDevice.length === 0) return null;
  const [vendor, id, queues] = await Promise.all([
    readText(join(device, 'vendor')),
    readText(join(device, 'device')),
    namesIn(join(directory, 'queues')),
  ]);
  return {
    name,
    pci: vendor === null || id === null ? null : `${hex(vendor)}:${hex(id)}`,
    driver: inDevice.includes('driver') ? basename(await readlink(join(device, 'driver'))) : null,
    rxQueues: queues.filter((queue) => queue.startsWith('rx-')).sort(),
  };
}

const hex = (value: string) => value.replace(/^0x/, '');

/** SMBIOS strings are often padded with spaces. */
async function readText(path: string): Promise<string | null> {
  const reading = await readValue(path);
  return reading.ok && reading.value !== '' ? reading.value : null;
}

/** A devicetree property: strings that each end with a NUL (Devicetree Specification 2.2.4). */
async function readStrings(path: string): Promise<string[]> {
  const text = await readText(path);
  return (text ?? '').split('\0').filter((part) => part !== '');
}
