import test from 'ava';
import { detectMachine } from '../../../agent/hardware/detect.ts';
import { readProcessor } from '../../../agent/hardware/processor.ts';
import { MACHINES, type RecordedMachine, withTree } from './machines.ts';

const detect = (machine: RecordedMachine) =>
  withTree(machine, (root) =>
    detectMachine({ root, processor: async () => machine.processor, cores: machine.cores }),
  );

test('a machine with a BIOS is told by its DMI strings, its processor and its network interfaces', async (t) => {
  t.deepEqual(await detect(MACHINES.apu2), {
    dmi: { sysVendor: 'PC Engines', productName: 'apu2', boardName: 'apu2' },
    deviceTree: { model: null, board: null, soc: null },
    cpu: { vendor: 'AMD', model: 'GX-412TC SOC' },
    cores: 4,
    frequencyPolicies: ['policy0', 'policy1'],
    virtual: false,
    nics: [{ name: 'enp1s0', pci: '8086:157b', driver: 'igb', rxQueues: ['rx-0', 'rx-1', 'rx-2', 'rx-3'] }],
  });
});

test('a board is told by its devicetree; its network interface is on no PCI bus', async (t) => {
  const { deviceTree, nics, dmi } = await detect(MACHINES.pi5);
  t.deepEqual(deviceTree, {
    model: 'Raspberry Pi 5 Model B Rev 1.0',
    board: 'raspberrypi,5-model-b',
    soc: 'brcm,bcm2712',
  });
  t.deepEqual(nics, [{ name: 'eth0', pci: null, driver: 'macb', rxQueues: ['rx-0'] }]);
  t.deepEqual(dmi, { sysVendor: null, productName: null, boardName: null });
});

test('a machine that says nothing is no error: everything is null, and bridges are no network interfaces', async (t) => {
  t.deepEqual(await detect(MACHINES.unknown), {
    dmi: { sysVendor: null, productName: null, boardName: null },
    deviceTree: { model: null, board: null, soc: null },
    cpu: null,
    cores: 2,
    frequencyPolicies: [],
    virtual: false,
    nics: [],
  });
});

test('this machine can be looked at', async (t) => {
  const machine = await detectMachine({ root: '', processor: readProcessor });
  t.true(machine.cores > 0);
  t.not(machine.cpu, null);
});
