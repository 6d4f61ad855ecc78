import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../agent/system/processes.ts';
import { installer } from './image.ts';
import type { TestOnSite } from './on-factory.ts';

const MINUTE = 60_000;

/** Every file of a tree with its size and time: what changes when anything is written. */
async function listing(directory: string): Promise<string> {
  const { stdout } = await run('find', [directory, '-xdev', '-printf', '%p %s %T@ %l\n'], {
    timeoutMs: MINUTE,
  });
  return stdout.split('\n').sort().join('\n');
}

/** A bundle is reproducible and guarded; an installation in an image changes what it says, and no more. */
export function makesImages(test: TestOnSite): void {
  test('two release bundles of the same sources are the same to the last byte', async (t, { factory }) => {
    t.is(factory.sha256[0], factory.sha256[1]);
  });

  test('a flipped byte in a bundle is named, and nothing is changed', async (t, { factory }) => {
    t.timeout(MINUTE);
    const before = await listing(factory.image);
    const damaged = join(factory.bundle, 'release/agent.js');
    await copyFile(damaged, join(factory.directory, 'whole'));
    const content = await readFile(damaged);
    content.writeUInt8(content.readUInt8(1000) ^ 1, 1000);
    await writeFile(damaged, content);
    await writeFile(join(factory.bundle, 'release/added'), '');
    const refused = await installer(factory.bundle, '--root', factory.image);
    t.is(refused.exitCode, 69);
    t.regex(refused.stderr, /^release\/agent\.js: FAILED$/m);
    t.regex(refused.stderr, /^release\/added: not in SHA256SUMS$/m);
    t.is(await listing(factory.image), before);
    await copyFile(join(factory.directory, 'whole'), damaged);
    await run('rm', [join(factory.bundle, 'release/added')], { timeoutMs: MINUTE });
  });

  test('--root installs in an image without a network, and a second run changes nothing', async (t, {
    factory,
  }) => {
    t.timeout(2 * MINUTE);
    const { image, bundle } = factory;
    const before = await listing(image);
    const told = await installer(bundle, '--root', image, '--dry-run');
    t.is(told.exitCode, 0, told.stderr);
    t.regex(told.stdout, /Release … would place and switch to the release/);
    t.is((await installer(bundle, '--root', image, '--check')).exitCode, 1, 'it is not installed yet');
    t.is(await listing(image), before, 'a dry run and a check change nothing');

    const first = await installer(bundle, '--root', image);
    t.is(first.exitCode, 0, first.stdout + first.stderr);
    t.false(
      (await readdir(join(image, 'var/lib'))).includes('appliance-agent'),
      'no state and no secret is made',
    );
    const installed = await listing(image);
    const second = await installer(bundle, '--root', image);
    t.regex(second.stdout, /^nothing to do: /m);
    t.is(await listing(image), installed);
    t.is((await installer(bundle, '--root', image, '--check')).exitCode, 0);
    const objects = (await installer(bundle, '--root', image, '--json')).stdout.trimEnd().split('\n');
    t.deepEqual(
      objects.map((line) => JSON.parse(line).changed),
      objects.map(() => false),
    );
  });

  test('systemd of the image has nothing to say about the units', async (t, { factory }) => {
    const units = '/etc/systemd/system/appliance-agent*.service';
    const verified = await run('chroot', [factory.image, 'sh', '-c', `systemd-analyze verify ${units}`], {
      timeoutMs: MINUTE,
    });
    t.is(verified.stderr, '');
  });

  test('verify --offline proves the image, and names what is missing in one that was damaged', async (t, {
    factory,
  }) => {
    t.timeout(MINUTE);
    const agentctl = join(factory.bundle, 'release/bin/agentctl');
    const verify = () =>
      run(agentctl, ['verify', '--offline', '--root', factory.image, '--json'], { timeoutMs: MINUTE });
    const proved = await verify();
    t.is(proved.exitCode, 0, proved.stdout + proved.stderr);
    const enabled = join(factory.image, 'etc/systemd/system/multi-user.target.wants/appliance-agent.service');
    await run('rm', [enabled], { timeoutMs: MINUTE });
    const refuted = await verify();
    t.is(refuted.exitCode, 2);
    t.regex(refuted.stdout, /appliance-agent\.service is not enabled/);
    t.is((await installer(factory.bundle, '--root', factory.image)).exitCode, 0);
    t.is((await verify()).exitCode, 0, 'the installer made it good');
  });
}
