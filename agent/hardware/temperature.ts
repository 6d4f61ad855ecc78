import { join } from 'node:path';
import { namesIn, readValue } from './read-value.ts';

/** Degrees Celsius of the processor; null: the machine does not tell. */
export interface Temperature {
  /** Of its hottest sensor. */
  readonly now: number | null;
  /** From which it is slowed down. */
  readonly high: number | null;
  /** At which the kernel switches the machine off. */
  readonly critical: number | null;
}

/** Drivers of the processor's own sensors below /sys/class/hwmon. */
const PROCESSOR_SENSORS = ['coretemp', 'k10temp', 'cpu_thermal'];
/** Those whose `crit` is where the processor slows itself down (the kernel's Documentation/hwmon of each). */
const SLOWED_AT_CRIT = ['coretemp', 'k10temp'];

/**
 * What the processor's sensors tell (hwmon and thermal of the kernel's sysfs interface): nothing, as a rule, in a virtual
 * machine. `root` stands before /sys.
 */
export async function readTemperature(root = ''): Promise<Temperature> {
  const readings = (await Promise.all([readHwmon(root), readThermalZones(root)])).flat();
  const of = (what: Reading['what']) =>
    readings.filter((reading) => reading.what === what).map(({ degrees }) => degrees);
  return {
    now: of('now').sort((a, b) => b - a)[0] ?? null,
    high: least(of('high')),
    critical: least(of('critical')),
  };
}

const least = (degrees: readonly number[]) => (degrees.length === 0 ? null : Math.min(...degrees));

interface Reading {
  readonly what: keyof Temperature;
  readonly degrees: number;
}

async function readHwmon(root: string): Promise<Reading[]> {
  const directory = join(root, '/sys/class/hwmon');
  const sensors = await Promise.all(
    (await namesIn(directory)).map(async (name) => {
      const driver = await readValue(join(directory, name, 'name'));
      if (!driver.ok || !PROCESSOR_SENSORS.includes(driver.value)) return [];
      const files = await namesIn(join(directory, name));
      const slowed = SLOWED_AT_CRIT.includes(driver.value)
        ? files.filter((file) => /^temp\d+_crit$/.test(file))
        : [];
      return Promise.all([
        ...files
          .filter((file) => /^temp\d+_input$/.test(file))
          .map((file) => readDegrees('now', join(directory, name, file))),
        ...slowed.map((file) => readDegrees('high', join(directory, name, file))),
      ]);
    }),
  );
  return sensors.flat(2);
}

/** What is done at a trip point (Documentation/driver-api/thermal): slowing down, or switching off. */
const TRIPS: Readonly<Record<string, keyof Temperature>> = { passive: 'high', critical: 'critical' };

async function readThermalZones(root: string): Promise<Reading[]> {
  const directory = join(root, '/sys/class/thermal');
  const zones = (await namesIn(directory)).filter((name) => name.startsWith('thermal_zone'));
  const readings = await Promise.all(
    zones.map(async (name) => {
      const zone = join(directory, name);
      const type = await readValue(join(zone, 'type'));
      if (!type.ok || !/^(cpu-thermal|x86_pkg_temp)$/.test(type.value)) return [];
      const trips = (await namesIn(zone)).filter((file) => /^trip_point_\d+_type$/.test(file));
      return Promise.all([
        readDegrees('now', join(zone, 'temp')),
        ...trips.map(async (file) => {
          const kind = await readValue(join(zone, file));
          const what = kind.ok ? TRIPS[kind.value] : undefined;
          return what === undefined ? [] : readDegrees(what, join(zone, file.replace('_type', '_temp')));
        }),
      ]);
    }),
  );
  return readings.flat(2);
}

/** Files hold thousandths of a degree; what is not set is zero, or below. */
async function readDegrees(what: Reading['what'], path: string): Promise<Reading[]> {
  const reading = await readValue(path);
  const degrees = reading.ok && /^\d+$/.test(reading.value) ? Math.round(Number(reading.value) / 1000) : 0;
  return degrees > 0 ? [{ what, degrees }] : [];
}
