import { resolve } from 'node:path';
import test from 'ava';
import { detectMachine } from '../../../agent/hardware/detect.ts';
import { judgeFirmware } from '../../../agent/hardware/firmware.ts';
import { readFirmware } from '../../../agent/hardware/firmware-facts.ts';
import { loadProfiles } from '../../../agent/hardware/load-profiles.ts';
import { selectProfile } from '../../../agent/hardware/match.ts';
import { readTemperature } from '../../../agent/hardware/temperature.ts';
import { readUnderVoltage } from '../../../agent/hardware/under-voltage.ts';
import { compareVersions } from '../../../agent/hardware/versions.ts';
import { AgentError } from '../../../agent/system/errors.ts';
import { type Run, run } from '../../../agent/system/processes.ts';
import { MACHINES, type RecordedMachine, withTree } from './machines.ts';

const shipped = resolve(import.meta.dirname, '../../../firmware-profiles');

/** A `Run` that answers with these outputs, by the name of the program; others are not installed. */
const answering =
  (outputs: Readonly<Record<string, string>>): Run =>
  async (command) => {
    const stdout = outputs[command];
    if (stdout === undefined)
      throw new AgentError({
        code: 'PROCESS_NOT_STARTED',
        message: `${command} could not be started`,
        hint: '',
      });
    return { exitCode: 0, stdout, stderr: '', durationMs: 1 };
  };

/** What `ethtool -i` of an X710 says (lore.kernel.org, netdev). */
const X710 = (version: string) => `driver: i40e
version: 2.8.20-k
firmware-version: ${version} 0x800035d8 1.1747.0
expansion-rom-version:
bus-info: 0000:4b:00.1
`;

async function statuses(recorded: RecordedMachine, outputs: Readonly<Record<string, string>> = {}) {
  return withTree(recorded, async (root) => {
    const machine = await detectMachine({ root, processor: async () => recorded.processor });
    const { profiles } = await loadProfiles({ shipped, overrides: '/nonexistent' });
    const expected = selectProfile(profiles, machine).chosen?.profile.firmware ?? {};
    const packages = (expected.packages ?? []).map(({ name }) => name);
    const facts = await readFirmware({ run: answering(outputs), root, nics: machine.nics, packages });
    return new Map(judgeFirmware(expected, facts, machine.nics).map((status) => [status.name, status]));
  });
}

test('versions are compared number by number, whatever stands between', (t) => {
  const ascending = [
    ['v4.13.0.5', 'v4.14.0.1'],
    ['4.9', '4.10'],
    ['5.04', '5.05'],
    ['2022-12-07', '2023-01-11'],
    ['0x5003604', '0x5003605'],
    ['1.2', '1.2.1'],
    ['TNTGL357.0042.2020', 'TNTGL357.0067.2022'],
  ] as const;
  for (const [before, after] of ascending) {
    t.true(compareVersions(before, after) < 0, `${before} ${after}`);
    t.true(compareVersions(after, before) > 0, `${after} ${before}`);
    t.is(compareVersions(before, before), 0);
  }
});

test('a BIOS that is known to be bad is told by DMI, with the reason and the next step', async (t) => {
  const bios = (await statuses(MACHINES.apu2)).get('BIOS');
  t.like(bios, { state: 'known-bad', version: 'v4.13.0.5' });
  t.regex(bios?.detail ?? '', /crashes every few hours.*issue 251/);
  t.regex(bios?.next ?? '', /v4\.14\.0\.1/);
  const newer = { ...MACHINES.apu2.files, '/sys/class/dmi/id/bios_version': 'v4.19.0.1\n' };
  t.is((await statuses({ ...MACHINES.apu2, files: newer })).get('BIOS')?.state, 'ok');
});

test("the age of a Raspberry Pi's boot loader is read from the devicetree; without it, it is not known", async (t) => {
  t.like((await statuses(MACHINES.pi4)).get('boot loader'), { state: 'outdated', version: '2020-09-03' });
  t.like((await statuses(MACHINES.pi5)).get('boot loader'), { state: 'unknown', version: null });
});

test("a network interface's firmware is what ethtool says; without ethtool it is not known, and how to get it is said", async (t) => {
  const server = {
    ...MACHINES.poweredge,
    files: {
      ...MACHINES.poweredge.files,
      '/sys/class/net/eno1/device/vendor': '0x8086\n',
      '/sys/class/net/eno1/device/device': '0x1572\n',
    },
  };
  const of = async (outputs: Record<string, string>) =>
    (await statuses(server, outputs)).get('firmware of eno1');
  t.like(await of({ ethtool: X710('4.53') }), { state: 'outdated', version: '4.53' });
  t.like(await of({ ethtool: X710('6.01') }), { state: 'ok', version: '6.01' });
  t.like(await of({ ethtool: 'driver: i40e\nfirmware-version: \n' }), { state: 'unknown' });
  t.regex((await of({}))?.detail ?? '', /apt-get install ethtool/);
});

test('a package with firmware is there, missing, or not known where there is no dpkg', async (t) => {
  const of = async (outputs: Record<string, string>) =>
    (await statuses(MACHINES.nuc, outputs)).get('package intel-microcode');
  t.is((await of({ 'dpkg-query': 'installed' }))?.state, 'ok');
  t.is((await of({ 'dpkg-query': '' }))?.state, 'missing');
  t.is((await of({}))?.state, 'unknown');
});

test('dpkg is asked as it wants to be', async (t) => {
  const facts = await readFirmware({
    run,
    root: '/nonexistent',
    nics: [],
    packages: ['dpkg', 'aa-no-such-package'],
  });
  t.is(facts.packages.get('dpkg'), true);
  t.is(facts.packages.get('aa-no-such-package'), false);
});

test('what nothing is expected of is not judged', async (t) => {
  t.is((await statuses(MACHINES.qemu)).size, 0);
});

test("the temperature is the hottest of the processor's own sensors, no disk's", async (t) => {
  const of = (recorded: RecordedMachine) => withTree(recorded, readTemperature);
  t.deepEqual(await of(MACHINES.apu2), { now: 56, high: 105, critical: null }, 'no limit of a fan');
  t.deepEqual(await of(MACHINES.pi4), { now: 81, high: null, critical: 110 });
  t.deepEqual(await of(MACHINES.qemu), { now: null, high: null, critical: null });
});

test('where a processor is slowed down is the least of what its sensors name; what is not set names nothing', async (t) => {
  const hwmon = '/sys/class/hwmon/hwmon3';
  const zone = '/sys/class/thermal/thermal_zone1';
  const recorded: RecordedMachine = {
    ...MACHINES.nucCeleron,
    files: {
      [`${hwmon}/name`]: 'coretemp\n',
      [`${hwmon}/temp1_input`]: '61000\n',
      [`${hwmon}/temp1_crit`]: '100000\n',
      [`${hwmon}/temp2_input`]: '64000\n',
      [`${hwmon}/temp2_crit`]: '98000\n',
      [`${zone}/type`]: 'x86_pkg_temp\n',
      [`${zone}/temp`]: '63000\n',
      [`${zone}/trip_point_0_type`]: 'passive\n',
      [`${zone}/trip_point_0_temp`]: '-274000\n',
      [`${zone}/trip_point_1_type`]: 'passive\n',
      [`${zone}/trip_point_1_temp`]: '0\n',
    },
  };
  t.deepEqual(await withTree(recorded, readTemperature), { now: 64, high: 98, critical: null });
});

test('too little voltage is what the sensor of the supply says, and is not known without one', async (t) => {
  const of = (recorded: RecordedMachine) => withTree(recorded, readUnderVoltage);
  const alarm = '/sys/class/hwmon/hwmon1/in0_lcrit_alarm';
  const { pi4 } = MACHINES;
  t.true(await of(pi4));
  t.false(await of({ ...pi4, files: { ...pi4.files, [alarm]: '0\n' } }));
  t.is(await of(MACHINES.apu2), null);
});
