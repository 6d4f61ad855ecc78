import { join } from 'node:path';
import { namesIn, readValue } from './read-value.ts';

/** Drivers of the processor's own sensors below /sys/class/hwmon. */
const PROCESSOR_SENSORS = ['coretemp', 'k10temp', 'cpu_thermal'];

/**
 * The hottest sensor of the processor, degrees Celsius (hwmon and thermal of the kernel's sysfs interface); null where
 * there is none, as in a virtual machine. `root` stands before /sys.
 */
export async function readTemperature(root = ''): Promise<number | null> {
  const [hwmon, thermal] = await Promise.all([readHwmon(root), readThermalZones(root)]);
  const readings = [...hwmon, ...thermal].filter((degrees) => degrees > 0);
  return readings.length === 0 ? null : Math.max(...readings);
}

async function readHwmon(root: string): Promise<number[]> {
  const directory = join(root, '/sys/class/hwmon');
  const sensors = await Promise.all(
    (await namesIn(directory)).map(async (name) => {
      const driver = await readValue(join(directory, name, 'name'));
      if (!driver.ok || !PROCESSOR_SENSORS.includes(driver.value)) return [];
      const inputs = (await namesIn(join(directory, name))).filter((file) => /^temp\d+_input$/.test(file));
      return Promise.all(inputs.map((file) => readDegrees(join(directory, name, file))));
    }),
  );
  return sensors.flat();
}

async function readThermalZones(root: string): Promise<number[]> {
  const directory = join(root, '/sys/class/thermal');
  const zones = (await namesIn(directory)).filter((name) => name.startsWith('thermal_zone'));
  const readings = await Promise.all(
    zones.map(async (zone) => {
      const type = await readValue(join(directory, zone, 'type'));
      return type.ok && /^(cpu-thermal|x86_pkg_temp)$/.test(type.value)
        ? readDegrees(join(directory, zone, 'temp'))
        : 0;
    }),
  );
  return readings;
}

/** Files hold thousandths of a degree. */
async function readDegrees(path: string): Promise<number> {
  const reading = await readValue(path);
  return reading.ok && /^\d+$/.test(reading.value) ? Math.round(Number(reading.value) / 1000) : 0;
}
