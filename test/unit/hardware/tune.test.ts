import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import test from 'ava';
import { applySetting } from '../../../agent/hardware/apply.ts';
import { detectMachine } from '../../../agent/hardware/detect.ts';
import { loadProfiles } from '../../../agent/hardware/load-profiles.ts';
import { selectProfile } from '../../../agent/hardware/match.ts';
import type { Setting } from '../../../agent/hardware/settings.ts';
import { surveySettings } from '../../../agent/hardware/survey.ts';
import { systemClock } from '../../../agent/system/clock.ts';
import { run } from '../../../agent/system/processes.ts';
import { MACHINES, withTree } from './machines.ts';

const PROJECT = resolve(import.meta.dirname, '../../..');
const RMEM = '/proc/sys/net/core/rmem_max';
const rmem: Setting = { name: 'rmem', paths: [RMEM], want: '16777216', rule: 'at-least' };

/** The program of appliance-agent-tune.service, which below a root of its own changes nothing but files there. */
const tune = (root: string) =>
  run(process.execPath, [join(PROJECT, 'agent/hardware/tune.ts')], {
    timeoutMs: 20_000,
    env: { APPLIANCE_AGENT_ROOT: root },
  });

async function survey(root: string, bootId = systemClock().now().bootId) {
  const { processor, cores } = MACHINES.apu2;
  const machine = await detectMachine({ root, processor: async () => processor, cores });
  const { profiles, refused } = await loadProfiles({
    shipped: join(PROJECT, 'firmware-profiles'),
    overrides: join(root, 'etc/appliance-agent/profiles.d'),
  });
  const { chosen } = selectProfile(profiles, machine);
  const profiled = {
    machine,
    profile: chosen?.profile ?? null,
    score: 0,
    evidence: [],
    refused,
    firmware: [],
    rings: new Map(machine.nics.map(({ name }) => [name, rings])),
  };
  return surveySettings(profiled, { path: join(root, 'run/appliance-agent/tune.json'), bootId }, root);
}

/** As igb has them unless it is told otherwise. */
const rings = { now: { rx: 256, tx: 256 }, most: { rx: 4096, tx: 4096 } };

const statesOf = ({ settings }: Awaited<ReturnType<typeof survey>>) =>
  Object.fromEntries(settings.map(({ name, state }) => [name, state]));

test('tuning sets what the profile of the machine asks for; what the kernel does not have is no failure', async (t) => {
  await withTree(MACHINES.apu2, async (root) => {
    await rm(join(root, '/proc/sys/net/core/wmem_max'));
    const before = statesOf(await survey(root));
    t.is(before['net.core.rmem_max'], 'drifted');
    t.is(before['rings of enp1s0'], 'drifted');

    const { exitCode, stdout, stderr } = await tune(root);
    t.is(exitCode, 0, stderr);
    t.regex(stdout, /^profile pc-engines-apu2$/m);
    t.regex(stdout, /^net\.core\.rmem_max = 16777216: applied$/m);
    t.regex(stdout, /^net\.core\.wmem_max = 16777216: this kernel has no such setting here$/m);
    t.is(await readFile(join(root, RMEM), 'utf8'), '16777216');

    const report = await survey(root);
    t.true(report.tuned);
    t.deepEqual(statesOf(report), {
      'net.core.rmem_max': 'applied',
      'net.core.wmem_max': 'unsupported',
      'net.core.netdev_max_backlog': 'applied',
      'frequency governor': 'applied',
      'rings of enp1s0': 'pending',
    });
    t.is(
      await readFile(join(root, '/sys/devices/system/cpu/cpufreq/policy1/scaling_governor'), 'utf8'),
      'performance',
    );
  });
});

test('what somebody changes after the tuning has drifted, and is set again by the next', async (t) => {
  await withTree(MACHINES.apu2, async (root) => {
    await tune(root);
    await writeFile(join(root, RMEM), '212992\n');
    const drifted = (await survey(root)).settings.find(({ name }) => name === 'net.core.rmem_max');
    t.like(drifted, { state: 'drifted', seen: '212992', want: '16777216' });
    t.regex(drifted?.detail ?? '', /changed since/);
    await tune(root);
    t.is(statesOf(await survey(root))['net.core.rmem_max'], 'applied');
  });
});

test('what another boot set says nothing about this one', async (t) => {
  await withTree(MACHINES.apu2, async (root) => {
    await tune(root);
    t.false((await survey(root, 'another boot')).tuned);
  });
});

test("the owner's profile goes before that of the release", async (t) => {
  await withTree(MACHINES.apu2, async (root) => {
    const overrides = join(root, 'etc/appliance-agent/profiles.d');
    await mkdir(overrides, { recursive: true });
    const text = `name: pc-engines-apu2
description: ours
extends: pc-engines-apu2
match: { productName: [apu2] }
settings: { sysctl: { net.core.rmem_max: 33554432 } }
`;
    await writeFile(join(overrides, 'pc-engines-apu2.yaml'), text);
    t.is((await tune(root)).exitCode, 0);
    t.is(await readFile(join(root, RMEM), 'utf8'), '33554432');
  });
});

test('what is as wanted is not written, and nothing is made where nothing is', async (t) => {
  await withTree({ ...MACHINES.unknown, files: { [RMEM]: '33554432\n' } }, async (root) => {
    t.is(await applySetting(rmem, root), null);
    t.is(await readFile(join(root, RMEM), 'utf8'), '33554432\n');
    t.regex((await applySetting({ ...rmem, paths: ['/proc/none'] }, root)) ?? '', /no such setting/);
    await t.throwsAsync(readFile(join(root, '/proc/none')), { code: 'ENOENT' });
  });
});

test('a kernel that makes another value of it is believed', async (t) => {
  // Writes to it are taken, and reading gives nothing back.
  const setting: Setting = { name: 'null', paths: ['/dev/null'], want: '1', rule: 'same' };
  t.is(await applySetting(setting), 'the kernel made "" of it');
});
