import { link, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import test, { type ExecutionContext } from 'ava';
import { describeTree } from '../../../agent/backup/describe-tree.ts';
import type { Manifest } from '../../../agent/backup/manifest.ts';
import { pack } from '../../../agent/backup/pack.ts';
import { openSealed, sealFor } from '../../../agent/backup/seal.ts';
import { stage } from '../../../agent/backup/stage.ts';
import { unpack } from '../../../agent/backup/unpack.ts';
import { AgentError } from '../../../agent/system/errors.ts';
import { tarStream } from '../../../agent/system/tar.ts';
import { contentOf, newPaths, writeState } from './state.ts';

async function backedUp(t: ExecutionContext) {
  const paths = await newPaths(t);
  await writeState(paths, 'old');
  const staged = join(paths.stateDirectory, 'backup');
  await stage(paths, staged, (work) => work());
  const manifest: Manifest = {
    format: 1,
    agentVersion: '0.1.0',
    createdAt: '2026-01-01T00:00:00Z',
    serverName: null,
    ...(await describeTree(staged)),
  };
  return { paths, staged, manifest };
}

async function* bytesOf(path: string) {
  yield await readFile(path);
}

test('what is staged is what the appliance keeps, and comes out of the sealed file as it was', async (t) => {
  const { paths, staged, manifest } = await backedUp(t);
  const content = await contentOf(staged);
  t.deepEqual(Object.keys(content).sort(), [
    'etc/appliance.yaml',
    'etc/profiles.d/mine.yaml',
    'state/accepted.yaml',
    'state/data/traefik/acme.json',
    'state/data/tuwunel/000001.sst',
    'state/data/tuwunel/CURRENT',
    'state/data/tuwunel/media/ab',
    'state/secrets/turn',
    'state/state.db',
  ]);
  const identity = await generateIdentity();
  const seal = await sealFor(await identityToRecipient(identity));
  const file = join(paths.root, 'backup.age');
  t.is(await pack(staged, manifest, seal, file), (await stat(file)).size);
  t.is((await stat(file)).mode & 0o777, 0o600);
  t.deepEqual(await readdir(paths.root), ['backup.age', 'etc', 'var']);

  const into = join(paths.root, 'unpacked');
  t.deepEqual(await unpack(await openSealed(bytesOf(file), identity), into), manifest);
  t.deepEqual(await contentOf(into), content);
  t.is((await stat(join(into, 'state/secrets'))).mode & 0o777, 0o700);
  t.is((await stat(join(into, 'state/secrets/turn'))).mode & 0o777, 0o600);
});

test('tables and media are kept by a second name, and what the homeserver does to them later does not show', async (t) => {
  const { paths, staged } = await backedUp(t);
  const inode = async (path: string) => (await stat(path)).ino;
  const [live, kept] = [join(paths.data, 'tuwunel'), join(staged, 'state/data/tuwunel')];
  for (const name of ['000001.sst', 'media/ab']) {
    t.is(await inode(join(kept, name)), await inode(join(live, name)), name);
  }
  t.not(await inode(join(kept, 'CURRENT')), await inode(join(live, 'CURRENT')));
});

test('what is neither file nor folder ends a backup', async (t) => {
  const paths = await newPaths(t);
  await writeState(paths, 'old');
  await symlink('/etc/shadow', join(paths.data, 'tuwunel/odd'));
  const error = await t.throwsAsync(stage(paths, join(paths.root, 'staged'), (work) => work()));
  t.true(error instanceof AgentError && error.code === 'BACKUP_ODD_FILE');
});

/** An archive whose manifest says something else than what follows. */
async function codeOf(
  t: ExecutionContext,
  change: (manifest: Manifest) => object,
  files?: readonly string[],
) {
  const { paths, staged, manifest } = await backedUp(t);
  const entries = (files ?? manifest.files.map(({ path }) => path)).map((path) => ({ path, mode: 0o600 }));
  const content = await Promise.all(
    entries.map(async (entry) => ({
      kind: 'text' as const,
      ...entry,
      text: await readFile(join(staged, entry.path), 'latin1'),
    })),
  );
  const head = {
    kind: 'text' as const,
    path: 'manifest.json',
    mode: 0o600,
    text: JSON.stringify(change(manifest)),
  };
  const error = await t.throwsAsync(unpack(tarStream([head, ...content]), join(paths.root, 'unpacked')), {
    instanceOf: AgentError,
  });
  return error?.code;
}

const firstFile = (manifest: Manifest, changes: object) => ({
  ...manifest,
  files: manifest.files.map((file, index) => (index === 0 ? { ...file, ...changes } : file)),
});

test('an archive that is not what its manifest says is refused', async (t) => {
  t.is(await codeOf(t, (manifest) => firstFile(manifest, { sha256: '0'.repeat(64) })), 'BACKUP_DAMAGED');
  t.is(await codeOf(t, (manifest) => firstFile(manifest, { size: 1 })), 'BACKUP_DAMAGED');
  t.is(await codeOf(t, (manifest) => manifest, ['etc/appliance.yaml']), 'BACKUP_DAMAGED');
  t.is(await codeOf(t, (manifest) => ({ ...manifest, files: [] })), 'BACKUP_DAMAGED');
  for (const path of ['etc/../../shadow', '/etc/shadow', 'etc', 'etc/a/../../../b', 'usr/bin/x']) {
    t.is(await codeOf(t, (manifest) => firstFile(manifest, { path })), 'BACKUP_DAMAGED', path);
  }
});

test('a backup of another format is refused, with the release that made it', async (t) => {
  t.is(await codeOf(t, (manifest) => ({ ...manifest, format: 2, agentVersion: '9.0.0' })), 'BACKUP_FORMAT');
});

test('a backup for which there is no room is refused before it is unpacked', async (t) => {
  t.is(await codeOf(t, (manifest) => firstFile(manifest, { size: 1e15 })), 'BACKUP_NO_ROOM');
});

test('a file that was there is replaced whole, and stays when the writing fails', async (t) => {
  const { paths, staged, manifest } = await backedUp(t);
  const file = join(paths.root, 'backup.age');
  await writeFile(file, 'the one before');
  await link(file, `${file}.partial`);
  const seal = { seal: () => Promise.reject(new Error('no')) };
  await t.throwsAsync(pack(staged, manifest, seal, file));
  t.is(await readFile(file, 'utf8'), 'the one before');
  t.deepEqual(await readdir(paths.root), ['backup.age', 'etc', 'var']);
});
