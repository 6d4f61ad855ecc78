import { join } from 'node:path';
import { namesIn, readValue } from './read-value.ts';

/** One time is a load that came suddenly; again within so many looks, 2 minutes at their beat of 30 s, it is heat. */
const LOOKS = 4;
const OFTEN = 2;

export interface ThrottleWatch {
  /**
   * Looks again. Whether the processor counted in several of the newest looks that it slowed itself down for heat; null at
   * the first look, and where nothing counts it.
   */
  look(): Promise<boolean | null>;
}

/** Compares the counters of thermal throttling from look to look. `root` stands before /sys. */
export function watchThrottling(root = ''): ThrottleWatch {
  let counts: readonly number[] = [];
  return {
    async look() {
      const count = await readThrottleCount(root);
      if (count === null) return null;
      counts = [...counts, count].slice(-LOOKS - 1);
      const rises = counts.filter((later, index) => later > (counts[index - 1] ?? later)).length;
      return counts.length === 1 ? null : rises >= OFTEN;
    },
  };
}

/**
 * What the kernel counted on all processors together; null where it does not count, which it does on Intel's
 * (Documentation/admin-guide/thermal/intel_thermal_throttle.rst). It counts beginnings: one that lasts counts once. The
 * count of a package stands with each of its processors, so that the sum tells nothing but that it rises.
 */
async function readThrottleCount(root: string): Promise<number | null> {
  const directory = join(root, '/sys/devices/system/cpu');
  const processors = (await namesIn(directory)).filter((name) => /^cpu\d+$/.test(name));
  const readings = await Promise.all(
    processors.flatMap((name) =>
      ['core_throttle_count', 'package_throttle_count'].map((file) =>
        readValue(join(directory, name, 'thermal_throttle', file)),
      ),
    ),
  );
  const counts = readings.flatMap((reading) =>
    reading.ok && /^\d+$/.test(reading.value) ? [Number(reading.value)] : [],
  );
  return counts.length === 0 ? null : counts.reduce((sum, count) => sum + count, 0);
}
