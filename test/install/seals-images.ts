import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../agent/system/processes.ts';
import { installer } from './image.ts';
import type { TestOnSite } from './on-factory.ts';

const MINUTE = 60_000;

/** What clones would share keeps an image from being sealed. */
export function sealsImages(test: TestOnSite): void {
  test('an image with a secret or an identity is not sealed, and each is named', async (t, { factory }) => {
    t.timeout(MINUTE);
    const { image, bundle } = factory;
    const secrets: Readonly<Record<string, string>> = {
      'root/.npmrc': '//registry.example/:_authToken=abcdefgh\n',
      'etc/ssl/private/factory.key': '-----BEGIN PRIVATE KEY-----\n',
    };
    /** To be removed without a word, or only named. */
    const traces: Readonly<Record<string, string>> = {
      'root/.python_history': 'import os\n',
      'root/.ssh/known_hosts': 'factory.example ssh-ed25519 AAAA\n',
      'root/.ssh/authorized_keys': 'ssh-ed25519 AAAA technician\n',
      'etc/machine-info': 'PRETTY_HOSTNAME=Factory\n',
      'var/lib/systemd/random-seed': 'seed',
    };
    await mkdir(join(image, 'root/.ssh'), { recursive: true });
    for (const [path, text] of Object.entries({ ...secrets, ...traces }))
      await writeFile(join(image, path), text);
    await writeFile(join(image, 'etc/machine-id'), '');
    const looked = await installer(bundle, '--seal', '--root', image, '--check');
    t.is(looked.exitCode, 69);
    const identities = ['etc/machine-id', 'var/lib/systemd/random-seed', 'etc/ssh/ssh_host_ed25519_key'];
    for (const path of [...Object.keys(secrets), ...identities])
      t.true(looked.stderr.includes(`fatal ${path}: `), path);
    for (const path of [
      'root/.python_history',
      'root/.ssh/known_hosts',
      'root/.ssh/authorized_keys',
      'etc/machine-info',
    ])
      t.true(looked.stderr.includes(`warning ${path}: `), path);
    t.false(looked.stderr.includes('abcdefgh'));
    t.is((await installer(bundle, '--seal', '--root', image)).exitCode, 69);
    for (const path of Object.keys(secrets)) await run('rm', [join(image, path)], { timeoutMs: MINUTE });
    const sealed = await installer(bundle, '--seal', '--root', image);
    t.is(sealed.exitCode, 0, sealed.stdout + sealed.stderr);
    t.is(await readFile(join(image, 'etc/machine-id'), 'utf8'), 'uninitialized\n');
    const left = (await readdir(join(image, 'etc/ssh'))).filter((name) => name.startsWith('ssh_host_'));
    t.deepEqual([...left, ...(await readdir(join(image, 'root/.ssh')))], ['authorized_keys']);
    t.regex(sealed.stdout, /^warning root\/\.ssh\/authorized_keys: /m);
    t.is((await installer(bundle, '--seal', '--root', image, '--check')).exitCode, 0);
  });
}
