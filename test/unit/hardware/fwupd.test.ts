import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { installArchive, readArchive, readFwupd } from '../../../agent/hardware/fwupd.ts';
import { AgentError } from '../../../agent/system/errors.ts';
import type { Run } from '../../../agent/system/processes.ts';

/** Recorded from Debian 13's fwupd 2.0.20 with `TestDevices=true`; the rest of each device was cut. */
const recorded = (name: string) =>
  readFileSync(join(import.meta.dirname, `recorded/fwupd-${name}.json`), 'utf8');
const WEBCAM = '08d460be0f1f9f128413f816022a6439e0078018';

/** fwupdmgr with these answers by its first argument, and how it was called. */
function fwupdmgr(answers: Readonly<Record<string, string>>, exitCode = 0) {
  const calls: (readonly string[])[] = [];
  const run: Run = async (_, args) => {
    calls.push(args);
    return { exitCode, stdout: answers[args[0] ?? ''] ?? '', stderr: '', durationMs: 1 };
  };
  return { run, calls };
}

test('fwupd tells its devices and which it can update; what has no version is left out', async (t) => {
  const { run, calls } = fwupdmgr({ 'get-devices': recorded('devices') });
  t.deepEqual(await readFwupd(run), {
    devices: [
      { id: WEBCAM, name: 'Integrated Webcam?', version: '1.2.2', updatable: true, needsReboot: false },
    ],
  });
  for (const flag of ['--no-metadata-check', '--no-remote-check', '--no-unreported-check'])
    t.true(
      calls.every((args) => args.includes(flag)),
      `${flag}: no network is asked`,
    );
});

test('why fwupd tells nothing is told in its own words', async (t) => {
  const notThere: Run = () =>
    Promise.reject(new AgentError({ code: 'PROCESS_NOT_STARTED', message: 'ENOENT', hint: '' }));
  t.deepEqual(await readFwupd(notThere), { why: 'not installed' });
  t.deepEqual(await readFwupd(fwupdmgr({ 'get-devices': 'no JSON' }).run), {
    why: 'its answer is not what it should be',
  });
  const { run } = fwupdmgr({ 'get-devices': recorded('untrusted') }, 1);
  t.regex(JSON.stringify(await readFwupd(run)), /firmware signature missing or not trusted/);
});

test('an archive says which version it has for which device', async (t) => {
  const { run } = fwupdmgr({ 'get-details': recorded('details') });
  t.deepEqual(await readArchive(run, '/root/fw.cab'), new Map([[WEBCAM, '1.2.4']]));
});

test('an archive is written to the device that was meant and no other; what nobody signed is refused', async (t) => {
  const { run, calls } = fwupdmgr({});
  await installArchive(run, '/root/fw.cab', WEBCAM);
  t.deepEqual(calls[0]?.slice(0, 4), ['local-install', '/root/fw.cab', WEBCAM, '--assume-yes']);
  const untrusted = fwupdmgr({ 'local-install': recorded('untrusted') }, 1);
  await t.throwsAsync(installArchive(untrusted.run, '/root/fw.cab', WEBCAM), {
    code: 'FWUPD_REFUSED',
    message: /not trusted/,
  });
});
