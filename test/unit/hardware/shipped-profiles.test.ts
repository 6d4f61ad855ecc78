import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import test from 'ava';
import { detectMachine } from '../../../agent/hardware/detect.ts';
import { loadProfiles } from '../../../agent/hardware/load-profiles.ts';
import { selectProfile } from '../../../agent/hardware/match.ts';
import { MACHINES, type RecordedMachine, withTree } from './machines.ts';

const shipped = resolve(import.meta.dirname, '../../../firmware-profiles');
const load = () => loadProfiles({ shipped, overrides: '/nonexistent' });

test('the profiles of the release have no fault and no tie', async (t) => {
  const { profiles, refused } = await load();
  t.deepEqual(refused, []);
  t.is(profiles.length, (await readdir(shipped)).filter((name) => name.endsWith('.yaml')).length);
});

const EXPECTED: Readonly<Record<keyof typeof MACHINES, string>> = {
  apu2: 'pc-engines-apu2',
  nuc: 'intel-nuc',
  nucCeleron: 'intel-nuc',
  poweredge: 'dell-poweredge',
  noName: 'small-x86',
  pi4: 'raspberry-pi-4',
  pi5: 'raspberry-pi-5',
  qemu: 'generic-vm',
  unknown: 'generic',
};

for (const [name, recorded] of Object.entries(MACHINES) as [keyof typeof MACHINES, RecordedMachine][]) {
  test(`the machine ${name} gets the profile ${EXPECTED[name]}`, async (t) => {
    const machine = await withTree(recorded, (root) =>
      detectMachine({ root, processor: async () => recorded.processor, cores: recorded.cores }),
    );
    const { chosen } = selectProfile((await load()).profiles, machine);
    t.is(chosen?.profile.name, EXPECTED[name]);
  });
}

test('every profile gives the SFU the socket buffers that it asks for', async (t) => {
  for (const { name, settings } of (await load()).profiles) {
    t.is(settings.sysctl?.['net.core.rmem_max'], 16 * 1024 ** 2, name);
    t.is(settings.sysctl?.['net.core.wmem_max'], 16 * 1024 ** 2, name);
  }
});
