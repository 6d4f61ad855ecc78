import { appendFile, copyFile, mkdir, rm, statfs, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readImages } from '../../agent/stack/images.ts';
import type { StackImage } from '../../agent/stack/types.ts';
import type { RecordedEvent } from '../../agent/store/types.ts';
import { isErrno } from '../../agent/system/errors.ts';
import { type RunResult, run, runOk } from '../../agent/system/processes.ts';
import { APPLIANCE_NEEDS, type Appliance, startAppliance } from '../support/appliance.ts';
import { needs, testWhen } from '../support/needs.ts';

const test = testWhen(
  needs({ ...APPLIANCE_NEEDS, commands: [...(APPLIANCE_NEEDS.commands ?? []), 'mkfs.ext4', 'fallocate'] }),
);
const MiB = 1024 ** 2;
let appliance: Appliance;
let state: string;
/** The newest event from before the state was on that disk. */
let inherited: number;

const command = (program: string, ...args: string[]): Promise<RunResult> =>
  runOk(run, program, args, { timeoutMs: 30_000, code: 'FAILED', hint: '' });
const freeBytes = async () => {
  const { bavail, bsize } = await statfs(state);
  return bavail * bsize;
};
const filler = () => join(state, 'filler');

/** The newest event of a kind with this result after another; the agent is woken for it, and has 20 s. */
async function event(kind: string, result: RecordedEvent['result'], after = 0): Promise<RecordedEvent> {
  process.kill(appliance.agent().pid, 'SIGHUP');
  let found: RecordedEvent | undefined;
  const deadline = performance.now() + 20_000;
  do {
    found = (await appliance.events()).findLast(
      (one) => one.id > after && one.kind === kind && one.result === result,
    );
    if (found === undefined) await new Promise((resolve) => setTimeout(resolve, 100));
  } while (found === undefined && performance.now() < deadline);
  if (found === undefined)
    throw new Error(`no event ${kind} with the result ${result}\n${appliance.agent().output()}`);
  return found;
}

/** Takes all room but this. */
async function leave(bytes: number): Promise<void> {
  await rm(filler(), { force: true });
  await command('fallocate', '--length', String((await freeBytes()) - bytes), filler());
}

test.before(
  'an appliance is up, with its state and the mark of its engine’s data on a disk of 4 GiB',
  async () => {
    appliance = await startAppliance();
    const { machine, paths, agent } = appliance;
    await agent().stop();
    state = paths.stateDirectory;
    const disk = join(machine.root, 'disk.img');
    const before = join(machine.root, 'state-before');
    await writeFile(disk, '');
    await truncate(disk, 4096 * MiB);
    await command('mkfs.ext4', '-q', '-m', '0', disk);
    await rm(paths.ballast, { force: true });
    await command('cp', '-a', state, before);
    await command('mount', '-o', 'loop', disk, state);
    await command('cp', '-a', `${before}/.`, state);
    inherited = (await appliance.events()).at(-1)?.id ?? 0;
    await symlink(state, paths.engineData);
    await appliance.startAgent();
  },
);
test.after.always('it is taken away', () => appliance?.destroy());

test('on a disk with room some is set aside, once', async (t) => {
  const made = await event('ballast-made', 'ok', inherited);
  t.regex(made.action ?? '', /^set 64\.0 MiB aside for a full disk: 3\.\d GiB were free, 3\.\d GiB are$/);
  const { stdout } = await command('du', '--block-size=1M', appliance.paths.ballast);
  t.regex(stdout, /^6[45]\t/, 'it takes its room');
  await appliance.agent().stop();
  await appliance.startAgent();
  const all = (await appliance.events()).filter(({ id, kind }) => id > inherited && kind === 'ballast-made');
  t.is(all.length, 1);
});

/** Another name for an image of the stack, as that of a release before; with an archive of its own. */
async function oldImage(service: string, tag: string): Promise<StackImage> {
  const { paths } = appliance;
  const image = (await readImages(paths.images)).find((one) => one.service === service);
  if (image === undefined) throw new Error(`there is no image of ${service}`);
  const old = { ...image, reference: `appliance-agent/${service}:${tag}`, archive: `${service}-${tag}.tar` };
  await copyFile(join(paths.images, image.archive), join(paths.images, old.archive));
  await appliance.docker('tag', image.reference, old.reference);
  return old;
}

test('where little room is left, an image of another release goes if its archive is whole, and nobody else’s does', async (t) => {
  const { paths } = appliance;
  const whole = await oldImage('coturn', 'whole');
  const damaged = await oldImage('coturn', 'damaged');
  await appendFile(join(paths.images, damaged.archive), 'x');
  await appliance.docker('tag', whole.reference, 'somebody/else:1');
  const manifest = join(paths.releases, '0.0.1-old/images.json');
  await mkdir(dirname(manifest), { recursive: true });
  await writeFile(manifest, JSON.stringify({ schemaVersion: 1, images: [whole, damaged] }));

  await leave(700 * MiB);
  const removed = await event('image-removed', 'ok');
  t.regex(removed.cause, /^only 700 MiB are free, and it is of another release$/);
  t.regex(
    removed.action ?? '',
    /^removed appliance-agent\/coturn:whole from the engine; coturn-whole\.tar is kept: /,
  );
  const refused = await event('image-removed', 'failed');
  t.regex(refused.resultDetail, /coturn-damaged\.tar is not what was built/);
  const left = (await appliance.docker('images', '--format', '{{.Repository}}:{{.Tag}}')).split('\n');
  t.false(left.includes(whole.reference));
  t.true(left.includes(damaged.reference) && left.includes('somebody/else:1'));
  const status = await appliance.freshStatus();
  t.true(status.services.every(({ probe }) => probe?.ok === true));
  await rm(dirname(manifest), { recursive: true });
});

test('on a full disk what was set aside is given back, so that the database records; and set aside again when there is room', async (t) => {
  await leave(8 * MiB);
  try {
    for (;;) await appendFile(filler(), Buffer.alloc(MiB));
  } catch (error) {
    if (!isErrno(error, 'ENOSPC')) throw error;
  }
  const released = await event('ballast-released', 'ok');
  t.regex(released.cause, /^only .* are free$/);
  t.regex(
    released.action ?? '',
    /^gave back what was set aside for a full disk: .* were free, \d+(\.\d)? MiB are$/,
  );
  t.true((await freeBytes()) > 32 * MiB);
  const { checks } = JSON.parse((await appliance.agentctl('doctor', '--json')).stdout);
  t.like(
    checks.find(({ check }: { check: string }) => check === 'Disk space'),
    { code: 'DISK_LOW', severity: 'critical' },
  );
  const { problems } = await appliance.freshStatus();
  t.false(
    problems.some(({ code }) => code.startsWith('DATABASE')),
    'it is on the disk again',
  );

  await rm(filler());
  const again = await event('ballast-made', 'ok', released.id);
  t.true(again.id > released.id);
  // What is in the database now is what another agent reads.
  await appliance.agent().stop({ signal: 'SIGKILL' });
  await appliance.startAgent();
  const kept = (await appliance.events())
    .filter(({ id, kind }) => id > inherited && kind.startsWith('ballast'))
    .map(({ kind }) => kind);
  t.deepEqual(kept, ['ballast-made', 'ballast-released', 'ballast-made']);
});
