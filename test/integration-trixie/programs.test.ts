import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../../agent/system/processes.ts';
import { debianRoot } from '../support/debian-root.ts';
import { needs, testWhen } from '../support/needs.ts';

const test = testWhen(
  needs({ root: true, commands: ['dockerd', 'nft', 'iptables', 'ip6tables', 'unshare'] }),
);
const ENTER = join(import.meta.dirname, '../support/enter-root.sh');

const said = async (command: string, ...args: string[]) =>
  (await run(command, args, { timeoutMs: 10_000 })).stdout.trim();

test('the programs are those of Debian 13, not this machine’s', async (t) => {
  t.regex(await readFile('/etc/debian_version', 'utf8'), /^13\b/);
  t.regex(await said('/usr/sbin/nft', '--version'), /v1\.1\./);
  t.regex(await said('dockerd', '--version'), /version 2[6-9]\./);
  t.regex(await said('iptables', '--version'), /v1\.8\.(1[1-9])\S* \(nf_tables\)/);
});

test('what a command leaves in such a Debian ends with it, and its exit status is handed on', async (t) => {
  const script = 'mount -t tmpfs aa-left /var/tmp; setsid sleep 99.0625 & exit 7';
  const { exitCode, stderr } = await run('sh', [ENTER, await debianRoot('trixie'), 'sh', '-c', script], {
    timeoutMs: 20_000,
  });
  t.is(exitCode, 7, stderr);
  await sleep(200);
  t.notRegex(await said('ps', 'axo', 'args'), /sleep 99\.0625/);
  t.notRegex(await readFile('/proc/mounts', 'utf8'), /aa-left/);
});
