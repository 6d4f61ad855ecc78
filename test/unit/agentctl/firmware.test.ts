import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { writeStatus } from '../../../agent/control/status-file.ts';
import { systemClock } from '../../../agent/system/clock.ts';
import { appliancePaths } from '../../../agent/system/paths.ts';
import { needs, testWhen } from '../../support/needs.ts';
import { wellStatus } from '../control/a-status.ts';

const MAIN = resolve(import.meta.dirname, '../../../agent/agentctl/main.ts');
const RECORDED = resolve(import.meta.dirname, '../hardware/recorded');

/** Answers what Debian's answered, and notes what it was asked to write. */
const FWUPDMGR = `#!/bin/sh
case $1 in
  get-devices) cat ${RECORDED}/fwupd-devices.json ;;
  get-details) cat ${RECORDED}/fwupd-details.json ;;
  local-install) echo "$2 $3" >>"$APPLIANCE_AGENT_ROOT/written" ;;
esac
`;

async function machine(t: ExecutionContext) {
  const root = await mkdtemp(join(tmpdir(), 'aa-firmware-'));
  t.teardown(() => rm(root, { recursive: true }));
  await writeFile(join(root, 'fwupdmgr'), FWUPDMGR);
  await chmod(join(root, 'fwupdmgr'), 0o755);
  const env = { PATH: `${root}:${process.env.PATH}`, APPLIANCE_AGENT_ROOT: root };
  return {
    root,
    async agentctl(...args: string[]) {
      const child = spawn(process.execPath, [MAIN, 'firmware', ...args], {
        env,
        timeout: 30_000,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let text = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
      const [exit] = await once(child, 'close');
      return { exit, text };
    },
  };
}

test('anybody may list the firmware, by ids that can be typed', async (t) => {
  const { agentctl } = await machine(t);
  const { exit, text } = await agentctl('list');
  t.is(exit, 0, text);
  t.regex(text, /^08d460be {2}Integrated Webcam\? {2}1\.2\.2 /m);
});

const asRoot = testWhen(needs({ root: true }));

asRoot(
  'nothing is written without consent, to no device that does not exist, and while calls run',
  async (t) => {
    const { root, agentctl } = await machine(t);
    const cab = ['--cab', '/root/fw.cab'];
    const nobody = await agentctl('update', '08d4', ...cab);
    t.is(nobody.exit, 64);
    t.regex(nobody.text, /nobody can be asked here \[USAGE\]\n.*--yes/);
    t.is((await agentctl('update', 'ffff', ...cab, '--yes')).exit, 64);
    t.is((await agentctl('update', '08d4', '--yes')).exit, 64, 'an archive must be given');

    const now = systemClock().now();
    const status = {
      ...wellStatus,
      bootId: now.bootId,
      generatedAt: now.wall,
      generatedMonotonicMs: now.monotonicMs,
    };
    const published = status.firewall.published.map((port) => ({ ...port, flows: 3 }));
    await writeStatus(appliancePaths(root).status, {
      ...status,
      firewall: { ...status.firewall, published },
    });
    const during = await agentctl('update', '08d4', ...cab, '--yes');
    t.is(during.exit, 1);
    t.regex(during.text, /\d+ flows of media go through this machine/);
    t.is((await agentctl('list')).exit, 0);
    await t.throwsAsync(rm(join(root, 'written')), { code: 'ENOENT' });
  },
);

asRoot('with consent the archive is written to that device', async (t) => {
  const { root, agentctl } = await machine(t);
  const { exit, text } = await agentctl('update', '08d460be', '--cab', '/root/fw.cab', '--yes');
  t.is(exit, 0, text);
  t.regex(text, /Updating Integrated Webcam\? from 1\.2\.2 to 1\.2\.4; keep the power on/);
  await rm(join(root, 'written'));
});
