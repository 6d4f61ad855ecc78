import { join } from 'node:path';
import { namesIn, readValue } from './read-value.ts';

/** The driver of a Raspberry Pi's supply (drivers/hwmon/raspberrypi-hwmon.c of the kernel). */
const SUPPLY_SENSOR = 'rpi_volt';

/**
 * Whether the supply gave too little voltage in the last two seconds; null where nothing tells. The firmware's own
 * `get_throttled` is not read: it is deprecated, and the kernel writes a warning with its stack to the log for the first
 * who does (drivers/firmware/raspberrypi.c of raspberrypi/linux). `root` stands before /sys.
 */
export async function readUnderVoltage(root = ''): Promise<boolean | null> {
  const directory = join(root, '/sys/class/hwmon');
  for (const name of await namesIn(directory)) {
    const driver = await readValue(join(directory, name, 'name'));
    if (!driver.ok || driver.value !== SUPPLY_SENSOR) continue;
    const alarm = await readValue(join(directory, name, 'in0_lcrit_alarm'));
    return alarm.ok ? alarm.value === '1' : null;
  }
  return null;
}
