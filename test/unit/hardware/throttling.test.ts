import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { watchThrottling } from '../../../agent/hardware/throttling.ts';
import { MACHINES, withTree } from './machines.ts';

const CPU = '/sys/devices/system/cpu';
const counter = (processor: number, of: 'core' | 'package') =>
  `${CPU}/cpu${processor}/thermal_throttle/${of}_throttle_count`;
const nuc = {
  ...MACHINES.nuc,
  files: {
    ...MACHINES.nuc.files,
    [counter(0, 'core')]: '7\n',
    [counter(0, 'package')]: '9\n',
    [counter(1, 'core')]: '0\n',
    [counter(1, 'package')]: '9\n',
    [`${CPU}/cpufreq/boost`]: '1\n',
    [`${CPU}/cpuidle/current_driver`]: 'intel_idle\n',
  },
};

test('counts of former times are no heat; those that rise again within four looks are, until they rest for as long', async (t) => {
  await withTree(nuc, async (root) => {
    const watch = watchThrottling(root);
    const set = (path: string, count: number) => writeFile(join(root, path), `${count}\n`);
    t.is(await watch.look(), null, 'there is nothing to compare with');
    t.false(await watch.look());
    await set(counter(1, 'core'), 1);
    t.false(await watch.look(), 'once is no heat');
    t.false(await watch.look());
    await set(counter(0, 'package'), 10);
    t.true(await watch.look());
    t.true(await watch.look(), 'both are among the last four');
    t.false(await watch.look());
  });
});

test('a processor that counts nothing, or of which a file cannot be read, is no error', async (t) => {
  await withTree(MACHINES.apu2, async (root) => t.is(await watchThrottling(root).look(), null));
  await withTree(nuc, async (root) => {
    const watch = watchThrottling(root);
    await watch.look();
    await rm(join(root, counter(1, 'package')));
    t.false(await watch.look(), 'a processor that was switched off takes its counts along');
  });
});
