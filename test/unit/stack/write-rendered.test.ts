import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { RenderedFile } from '../../../agent/stack/types.ts';
import { renderedDiffers, writeRendered } from '../../../agent/stack/write-rendered.ts';

const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const files: readonly RenderedFile[] = [
  { path: 'compose.yaml', content: 'name: appliance\n', mode: 0o644, owner, secret: false },
  { path: 'coturn/turnserver.conf', content: 'realm=ü\n', mode: 0o400, owner, secret: true },
];

async function folder(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'aa-rendered-'));
  t.teardown(() => rm(path, { recursive: true }));
  return path;
}

test('all that is missing is written, with its mode, and then nothing differs', async (t) => {
  const directory = join(await folder(t), 'stack');
  t.deepEqual(await renderedDiffers(files, directory), ['compose.yaml', 'coturn/turnserver.conf']);
  t.deepEqual(await writeRendered(files, directory), ['compose.yaml', 'coturn/turnserver.conf']);
  t.deepEqual(await renderedDiffers(files, directory), []);
  t.is((await stat(join(directory, 'coturn/turnserver.conf'))).mode & 0o7777, 0o400);
  t.is(await readFile(join(directory, 'coturn/turnserver.conf'), 'utf8'), 'realm=ü\n');
  t.deepEqual((await readdir(directory)).sort(), ['compose.yaml', 'coturn']);
});

test('only what differs is written again', async (t) => {
  const directory = await folder(t);
  await writeRendered(files, directory);
  const before = await stat(join(directory, 'compose.yaml'));
  const [composeFile, conf] = files;
  if (composeFile === undefined || conf === undefined) throw new Error('two files');
  t.deepEqual(await writeRendered([composeFile, { ...conf, content: 'realm=other\n' }], directory), [
    'coturn/turnserver.conf',
  ]);
  t.is((await stat(join(directory, 'compose.yaml'))).ino, before.ino);
  t.is(await readFile(join(directory, 'coturn/turnserver.conf'), 'utf8'), 'realm=other\n');
});

test('a changed content and a changed mode are both seen', async (t) => {
  const directory = await folder(t);
  await writeRendered(files, directory);
  await chmod(join(directory, 'coturn/turnserver.conf'), 0o444);
  t.deepEqual(await renderedDiffers(files, directory), ['coturn/turnserver.conf']);
  await writeFile(join(directory, 'compose.yaml'), 'name: other\n');
  t.deepEqual(await renderedDiffers(files, directory), ['compose.yaml', 'coturn/turnserver.conf']);
});

test('another owner is a difference', async (t) => {
  const directory = await folder(t);
  await writeRendered(files, directory);
  const others = files.map((file) => ({ ...file, owner: { uid: owner.uid + 1, gid: owner.gid } }));
  t.deepEqual(await renderedDiffers(others, directory), ['compose.yaml', 'coturn/turnserver.conf']);
});

test('folders can be looked into by the users of containers, whatever the umask', async (t) => {
  const directory = await folder(t);
  const umask = process.umask(0o077);
  t.teardown(() => process.umask(umask));
  await writeRendered(
    [{ path: 'traefik/dynamic/routes.yml', content: '', mode: 0o444, owner, secret: false }],
    directory,
  );
  for (const path of ['traefik', 'traefik/dynamic']) {
    t.is((await stat(join(directory, path))).mode & 0o777, 0o755, path);
  }
});
