import test from 'ava';
import type { MachineFacts } from '../../../agent/hardware/machine.ts';
import { holds, judge, maskOf, type Setting, settingsFor } from '../../../agent/hardware/settings.ts';

const machine = (fields: Partial<MachineFacts>): MachineFacts => ({
  dmi: { sysVendor: null, productName: null, boardName: null },
  deviceTree: { model: null, board: null, soc: null },
  cpu: null,
  cores: 4,
  frequencyPolicies: [],
  virtual: false,
  nics: [],
  ...fields,
});
const nic = (name: string, queues: number) => ({
  name,
  pci: null,
  driver: null,
  rxQueues: Array.from({ length: queues }, (_, queue) => `rx-${queue}`),
});

const backlog: Setting = { name: 'backlog', paths: ['/b'], want: '4096', rule: 'at-least' };
const governor: Setting = { name: 'governor', paths: ['/0', '/1'], want: 'performance', rule: 'same' };
const ok = (value: string) => ({ ok: true as const, value });
const failed = (code: string) => ({ ok: false as const, code });

test('a kernel setting is a file below /proc/sys, and what is higher already is as wanted', (t) => {
  const [setting] = settingsFor({ sysctl: { 'net.core.rmem_max': 16777216 } }, machine({}));
  t.deepEqual(setting?.paths, ['/proc/sys/net/core/rmem_max']);
  t.true(setting && holds(setting, '33554432'));
  t.true(setting && holds(setting, '16777216'));
  t.false(setting && holds(setting, '212992'));
  t.false(setting && holds(setting, ''));
});

test('packets are steered where an interface has fewer queues than there are processors, or always', (t) => {
  const nics = [nic('one', 1), nic('four', 4), nic('none', 0)];
  const steered = (rps: 'fewer-queues' | 'always', cores: number) =>
    settingsFor({ rps }, machine({ nics, cores })).map(({ name }) => name);
  t.deepEqual(steered('fewer-queues', 4), ['packet steering of one']);
  t.deepEqual(steered('always', 4), ['packet steering of one', 'packet steering of four']);
  t.deepEqual(steered('always', 1), [], 'there is nothing to steer to');
  const [setting] = settingsFor({ rps: 'always' }, machine({ nics: [nic('eth0', 2)] }));
  t.deepEqual(setting?.paths, [
    '/sys/class/net/eth0/queues/rx-0/rps_cpus',
    '/sys/class/net/eth0/queues/rx-1/rps_cpus',
  ]);
});

test('a mask of processors has a comma after each 32 bits, and is compared without the zeros before it', (t) => {
  t.deepEqual([1, 2, 4, 32, 33, 80].map(maskOf), [
    '1',
    '3',
    'f',
    'ffffffff',
    '1,ffffffff',
    'ffff,ffffffff,ffffffff',
  ]);
  const mask: Setting = { name: 'm', paths: [], want: maskOf(33), rule: 'mask' };
  t.true(holds(mask, '00000001,ffffffff'));
  t.true(holds({ ...mask, want: 'f' }, '0000000f'));
  t.false(holds({ ...mask, want: 'f' }, '00000000'));
});

test('every group of processors has its governor; a kernel without any is told as one that has none', (t) => {
  const policies = settingsFor(
    { governor: 'performance' },
    machine({ frequencyPolicies: ['policy0', 'policy4'] }),
  );
  t.deepEqual(policies[0]?.paths, [
    '/sys/devices/system/cpu/cpufreq/policy0/scaling_governor',
    '/sys/devices/system/cpu/cpufreq/policy4/scaling_governor',
  ]);
  const [none] = settingsFor({ governor: 'performance' }, machine({}));
  t.is(none && judge(none, [failed('ENOENT')], undefined).state, 'unsupported');
});

test('applied is what is as wanted in every place', (t) => {
  t.deepEqual(judge(backlog, [ok('9000')], undefined), {
    name: 'backlog',
    state: 'applied',
    want: '4096',
    seen: '9000',
    detail: '',
  });
  t.is(judge(governor, [ok('performance'), ok('performance')], null).state, 'applied');
});

test('unsupported is what the kernel does not have, or did not let be set in this boot', (t) => {
  t.like(judge(backlog, [failed('ENOENT')], undefined), { state: 'unsupported', seen: null });
  t.like(judge(backlog, [ok('1000')], 'it may not be changed here'), {
    state: 'unsupported',
    seen: '1000',
    detail: 'it may not be changed here',
  });
});

test('drifted is what could be as wanted and is not, in any place; whether it ever was is said', (t) => {
  const changed = judge(governor, [ok('performance'), ok('powersave')], null);
  t.like(changed, { state: 'drifted', seen: 'powersave' });
  t.regex(changed.detail, /changed since/);
  t.regex(judge(backlog, [ok('1000')], undefined).detail, /nobody has set it yet/);
});
