import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { buildImages } from '../../../agent/release/images/build.ts';
import type { ImageSource } from '../../../agent/release/images/image.ts';
import { programLayer } from '../../../agent/release/images/layer.ts';
import { readImages, verifyArchive } from '../../../agent/stack/images.ts';
import { run } from '../../../agent/system/processes.ts';

async function folder(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'aa-build-'));
  t.teardown(() => rm(path, { recursive: true }));
  return path;
}

const source = (service: string, text: string): ImageSource => ({
  service,
  repository: `appliance-agent/${service}`,
  version: '1.2.3',
  entrypoint: ['/run'],
  layer: [{ kind: 'text', path: 'run', mode: 0o755, text }],
});

const tar = async (directory: string, ...args: string[]) =>
  (await promisify(execFile)('tar', args, { cwd: directory })).stdout;

test('an archive holds what its manifest says, and its image id is the hash of its configuration', async (t) => {
  const directory = await folder(t);
  const [built] = await buildImages([source('coturn', 'one')], directory);
  const archive = built?.archive ?? '';
  const [manifest] = JSON.parse(await tar(directory, '-xOf', archive, 'manifest.json'));
  const configuration = await tar(directory, '-xOf', archive, manifest.Config);
  t.is(built?.imageId, `sha256:${createHash('sha256').update(configuration).digest('hex')}`);
  t.deepEqual(manifest.RepoTags, [built?.reference]);
  t.regex(built?.reference ?? '', /^appliance-agent\/coturn:1\.2\.3-[0-9a-f]{12}$/);
  await tar(directory, '-xf', archive, manifest.Layers[0]);
  const layer = await readFile(join(directory, manifest.Layers[0]));
  const { rootfs, config } = JSON.parse(configuration);
  t.deepEqual(rootfs.diff_ids, [`sha256:${createHash('sha256').update(layer).digest('hex')}`]);
  t.deepEqual(config.Entrypoint, ['/run']);
  t.is(config.User, '65534:65534');
});

test('the manifest can be read back, and vouches for the archives', async (t) => {
  const directory = await folder(t);
  await buildImages([source('coturn', 'one'), source('livekit', 'two')], directory);
  const images = await readImages(directory);
  t.deepEqual(
    images.map(({ service }) => service),
    ['coturn', 'livekit'],
  );
  for (const image of images) await t.notThrowsAsync(verifyArchive(image, directory));
});

test('a second build of the same writes nothing', async (t) => {
  const directory = await folder(t);
  const sources = [source('coturn', 'one'), source('livekit', 'two')];
  const first = await buildImages(sources, directory);
  t.true(first.every(({ changed }) => changed));
  const files = (await readdir(directory)).map((name) => join(directory, name));
  t.is(files.length, 3);
  const inodes = () => Promise.all(files.map(async (file) => (await stat(file)).ino));
  const before = await inodes();
  const second = await buildImages(sources, directory);
  t.true(second.every(({ changed }) => !changed));
  t.deepEqual(await inodes(), before);
});

test('two builds of the same, apart, are the same to the last byte', async (t) => {
  const [one, two] = [await folder(t), await folder(t)];
  await buildImages([source('coturn', 'one')], one);
  await buildImages([source('coturn', 'one')], two);
  t.deepEqual(await readdir(one), await readdir(two));
  for (const name of await readdir(one)) {
    t.true((await readFile(join(one, name))).equals(await readFile(join(two, name))), name);
  }
});

test('what changed is built anew under a new name, what did not stays', async (t) => {
  const directory = await folder(t);
  const before = await buildImages([source('coturn', 'one'), source('livekit', 'two')], directory);
  const after = await buildImages([source('coturn', 'other'), source('livekit', 'two')], directory);
  t.deepEqual(
    after.map(({ changed }) => changed),
    [true, false],
  );
  t.not(after[0]?.reference, before[0]?.reference);
  t.is(after[1]?.reference, before[1]?.reference);
  t.true((await readdir(directory)).includes(before[0]?.archive ?? ''), 'the release before may use it');
});

test('a manifest elsewhere leaves the one in force as it is, until the release that it is for is', async (t) => {
  const [directory, release] = [await folder(t), await folder(t)];
  const [inForce] = await buildImages([source('coturn', 'one')], directory);
  const list = join(release, 'images.json');
  const [next] = await buildImages([source('coturn', 'other')], directory, list);
  t.is((await readImages(directory))[0]?.imageId, inForce?.imageId);
  t.is((await readImages(release))[0]?.imageId, next?.imageId);
  for (const image of [inForce, next]) t.true((await readdir(directory)).includes(image?.archive ?? ''));
});

test('a damaged archive and a damaged manifest are made good', async (t) => {
  const directory = await folder(t);
  const sources = [source('coturn', 'one')];
  const [first] = await buildImages(sources, directory);
  await writeFile(join(directory, first?.archive ?? ''), 'damaged');
  const [again] = await buildImages(sources, directory);
  t.true(again?.changed);
  t.is(again?.archiveSha256, first?.archiveSha256);
  await writeFile(join(directory, 'images.json'), '{"schemaVersion"');
  await buildImages(sources, directory);
  for (const image of await readImages(directory)) await t.notThrowsAsync(verifyArchive(image, directory));
});

test('a program stands in the layer with its libraries, below folders that come first', async (t) => {
  const layer = await programLayer(
    run,
    { source: process.execPath, target: '/usr/bin/node', executable: true },
    [{ source: import.meta.filename, target: '/usr/lib/script.mjs', executable: false }],
    [{ path: '/tmp', mode: 0o1777 }],
  );
  const paths = layer.map(({ path }) => path);
  t.true(paths.includes('lib/libc.so.6'));
  t.true(paths.some((path) => /^lib(64)?\/ld-linux/.test(path)));
  t.deepEqual(paths, [...paths].sort());
  for (const path of paths) {
    const parent = path.split('/').slice(0, -1).join('/');
    if (parent !== '')
      t.true(paths.indexOf(parent) >= 0 && paths.indexOf(parent) < paths.indexOf(path), path);
  }
  t.is(layer.find(({ path }) => path === 'tmp')?.mode, 0o1777);
  t.is(layer.find(({ path }) => path === 'usr/bin/node')?.mode, 0o755);
  t.is(new Set(paths).size, paths.length);
});

test('a source that is not there is named, with what to do', async (t) => {
  await t.throwsAsync(
    programLayer(
      run,
      { source: process.execPath, target: '/x', executable: true },
      [{ source: '/nonexistent/standin.js', target: '/y', executable: false }],
      [],
    ),
    { code: 'IMAGE_SOURCE_MISSING', message: /\/nonexistent\/standin\.js/ },
  );
});
