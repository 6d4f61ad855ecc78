import { join } from 'node:path';
import { describeError } from '../../system/errors.ts';
import { readKernelFile } from '../../system/files.ts';
import { known, unknown } from '../findings.ts';
import type { Facts } from '../types.ts';

/**
 * What programs can still get without swapping (MemAvailable, proc_meminfo(5)), and how long they waited for memory
 * (the kernel's documentation of PSI; kernels without it, or with it switched off, do not tell). Needs no root.
 */
export async function gatherMemory(procDirectory = '/proc'): Promise<Facts['memory']> {
  try {
    const [meminfo, pressure] = ['meminfo', 'pressure/memory'].map((name) =>
      readKernelFile(join(procDirectory, name)),
    );
    const bytes = (field: string) => {
      const value = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(meminfo ?? '')?.[1];
      return value === undefined ? null : Number(value) * 1024;
    };
    const [availableBytes, totalBytes] = [bytes('MemAvailable'), bytes('MemTotal')];
    if (availableBytes === null || totalBytes === null) return unknown('the kernel does not tell');
    const waited = /^full .*\bavg60=([\d.]+)/m.exec(pressure ?? '')?.[1];
    return known({ availableBytes, totalBytes, waitedPercent: waited === undefined ? null : Number(waited) });
  } catch (error) {
    return unknown(describeError(error));
  }
}
