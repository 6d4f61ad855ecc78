import * as z from 'zod';
import { BUDGET_RANGES } from '../probes/budgets.ts';
import { parseDuration } from '../system/durations.ts';

const pattern = z
  .string()
  .min(1)
  .regex(/^[^*]+\*?$/, 'use * only at the end')
  .describe('The whole text, or its beginning with a * behind it. Case counts.');
const anyOf = z.array(pattern).min(1);

/** Every key must hold; of the texts of a key, one. */
const match = z.strictObject({
  sysVendor: anyOf.describe('/sys/class/dmi/id/sys_vendor').optional(),
  productName: anyOf.describe('/sys/class/dmi/id/product_name').optional(),
  boardName: anyOf.describe('/sys/class/dmi/id/board_name').optional(),
  board: anyOf.describe('The first name of /sys/firmware/devicetree/base/compatible').optional(),
  soc: anyOf.describe('The last name of /sys/firmware/devicetree/base/compatible').optional(),
  cpuModel: anyOf
    .describe('The processor, e.g. `Celeron® N5105`, as `agentctl profile match` shows it')
    .optional(),
  nic: anyOf.describe('PCI id (`8086:1539`) or driver (`igb`) of any network interface').optional(),
  virtual: z.boolean().describe('Whether it is a virtual machine').optional(),
});

const floor = z.int().positive();

/** Kernel settings that a profile may raise; they are floors: a value that is higher already stays. */
const sysctl = z.strictObject({
  'net.core.rmem_max': floor.describe('Bytes that a socket may ask for to receive into').optional(),
  'net.core.wmem_max': floor.describe('Bytes that a socket may ask for to send from').optional(),
  'net.core.netdev_max_backlog': floor.describe('Packets that may wait for a processor').optional(),
  'net.core.netdev_budget': floor.describe('Packets that one polling cycle takes').optional(),
});

const settings = z.strictObject({
  sysctl: sysctl.optional(),
  rps: z
    .enum(['fewer-queues', 'always'])
    .describe(
      'Receive packet steering over all processors: for network interfaces with fewer receive queues than there are ' +
        'processors, or for all',
    )
    .optional(),
  rings: z
    .strictObject({ rx: floor, tx: floor })
    .describe(
      'Packets that each network interface may hold to receive and to send; set when the machine starts, from its next ' +
        'start on',
    )
    .optional(),
  governor: z.enum(['performance', 'schedutil', 'ondemand']).describe('CPU frequency governor').optional(),
});

const inMs = (text: string) => parseDuration(text) ?? Number.NaN;
/** A duration between two others, as milliseconds. */
const duration = ([from, to]: readonly [string, string]) =>
  z
    .string()
    .regex(/^[0-9]+ ?(s|m|min|h|d)$/, 'write a number with s, min, h or d')
    .refine((text) => inMs(text) >= inMs(from) && inMs(text) <= inMs(to), `write ${from} to ${to}`)
    .transform(inMs);
const times = ([least, most]: readonly [number, number]) => z.int().min(least).max(most);

const probes = z.strictObject({
  startup: duration(BUDGET_RANGES.startup)
    .describe('From the start of a service to its first answer; then it counts as failed')
    .optional(),
  liveness: duration(BUDGET_RANGES.liveness)
    .describe('So long a service that has answered may be silent; then it is restarted')
    .optional(),
  livenessMisses: times(BUDGET_RANGES.livenessMisses)
    .describe('And so many questions in a row it must have left unanswered')
    .optional(),
  readinessMisses: times(BUDGET_RANGES.readinessMisses)
    .describe('After so many questions in a row without an answer a service does not serve')
    .optional(),
  interval: duration(BUDGET_RANGES.interval).describe('Between two questions to one that serves').optional(),
  timeout: duration(BUDGET_RANGES.timeout).describe('For an answer').optional(),
});

const why = z.string().min(1).describe('For a person: what this is about, and where it is known from');

const version = z.strictObject({
  atLeast: z
    .strictObject({ version: z.string().min(1), why })
    .describe('Versions are compared number by number')
    .optional(),
  knownBad: z.array(z.strictObject({ version: pattern, why })).optional(),
  update: z.string().min(1).describe('For a person: how to get another version'),
});

const firmware = z.strictObject({
  bios: version.describe('/sys/class/dmi/id/bios_version').optional(),
  bootloader: version
    .describe('The day on which a Raspberry Pi’s EEPROM was built, e.g. 2023-01-11')
    .optional(),
  microcode: version.describe('The microcode of /proc/cpuinfo, e.g. 0x5003604').optional(),
  nics: z
    .array(version.extend({ nic: z.array(z.string().min(1)).min(1).describe('PCI ids or drivers') }))
    .describe('What `ethtool -i` says')
    .optional(),
  packages: z
    .array(z.strictObject({ name: z.string().min(1), why }))
    .describe('Debian packages')
    .optional(),
});

/** A file of `firmware-profiles/` or `/etc/appliance-agent/profiles.d/`. */
export const profileSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*$/, 'use small letters, digits and hyphens')
    .describe('As the file, without .yaml'),
  description: z.string().min(1).describe('Which machines this is for, in one line'),
  extends: z.string().describe('The profile whose settings this one begins with').optional(),
  match: match
    .describe('When this profile is for a machine; without it, it is only there to be extended')
    .optional(),
  settings: settings.optional(),
  firmware: firmware.describe('What is expected of the firmware; only reported, never changed').optional(),
  probes: probes
    .describe('How patient the agent is with the services of this machine; durations as 30s, 2min')
    .optional(),
  temperature: z
    .strictObject({ high: z.int().min(40).max(110) })
    .describe('Degrees Celsius from which the machine is slowed down')
    .optional(),
});

export type ProfileFile = z.infer<typeof profileSchema>;
export type MatchRule = z.infer<typeof match>;
export type FirmwareExpectations = z.infer<typeof firmware>;
export type VersionExpectation = z.infer<typeof version>;
export type ProfileSettings = z.infer<typeof settings>;
