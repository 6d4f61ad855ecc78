import type { Facts } from './types.ts';

const MiB = 1024 ** 2;

/**
 * Where memory is short, and where hardly any is left: below either of share and bytes the kernel takes back what programs
 * need again at once; or everything that was to run waited for memory this part of the last minute.
 */
export const MEMORY_LEVELS = {
  low: { share: 0.1, bytes: 128 * MiB, waitedPercent: 10 },
  critical: { share: 0.03, bytes: 48 * MiB, waitedPercent: 40 },
} as const;

export type MemoryLevel = 'enough' | keyof typeof MEMORY_LEVELS;
type Memory = Extract<Facts['memory'], { known: true }>['value'];

export function memoryLevel(memory: Memory): MemoryLevel {
  if (isShort(memory, 'critical')) return 'critical';
  return isShort(memory, 'low') ? 'low' : 'enough';
}

function isShort(
  { availableBytes, totalBytes, waitedPercent }: Memory,
  level: keyof typeof MEMORY_LEVELS,
): boolean {
  const { share, bytes, waitedPercent: long } = MEMORY_LEVELS[level];
  return availableBytes < totalBytes * share || availableBytes < bytes || (waitedPercent ?? 0) >= long;
}

/**
 * What costs memory and can wait, the thorough questions to services, is left out while hardly any is left. What cannot
 * be known is no reason to.
 */
export const sparesMemory = (memory: Facts['memory']): boolean =>
  memory.known && memoryLevel(memory.value) === 'critical';
