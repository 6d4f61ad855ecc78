import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { spaceOf } from '../../../agent/conditions/gather/disks.ts';
import { observeStorage } from '../../../agent/reconcile/observe-storage.ts';
import { readKeptImages } from '../../../agent/stack/kept-images.ts';
import { images } from './world.ts';

const old = images.map((image) => ({ ...image, reference: `${image.reference}-old` }));

test('the images of the releases that are kept are known, each once; one that was built here has no list', async (t) => {
  const releases = await mkdtemp(join(tmpdir(), 'aa-releases-'));
  t.teardown(() => rm(releases, { recursive: true }));
  for (const [name, list] of [
    ['1.0.0-a', old],
    ['1.1.0-b', images],
    ['1.2.0-c', images],
    ['.new-1.3.0', old],
    ['built-here', null],
  ] as const) {
    await mkdir(join(releases, name));
    if (list === null) continue;
    await writeFile(join(releases, name, 'images.json'), JSON.stringify({ schemaVersion: 1, images: list }));
  }
  const references = (list: readonly { readonly reference: string }[]) =>
    list.map(({ reference }) => reference).sort();
  t.deepEqual(references(await readKeptImages(releases)), references([...old, ...images]));
  t.deepEqual(await readKeptImages(join(releases, 'none')), []);
});

test('where there is room nobody is asked for old images', async (t) => {
  // On a tmpfs the size is what it was mounted with, and hardly any of it is in use.
  const path = '/dev/shm';
  if ((await spaceOf(path)).availableBytes < 2 * 1024 ** 3) {
    t.pass('a small machine');
    return;
  }
  const seen = await observeStorage(
    {
      paths: { stateDirectory: path, engineData: join(path, 'not/there/yet'), releases: '/nonexistent' },
      engine: { imageId: () => Promise.reject(new Error('asked')) },
      ballast: { size: async () => 7 },
    },
    images,
  );
  t.like(seen, { ballastBytes: 7, oldImages: { ok: true, value: [] } });
  t.is(seen.state.sizeBytes, seen.engineData.sizeBytes);
});

test('where there is none the engine is asked, and that it does not answer is told by itself', async (t) => {
  const releases = await mkdtemp(join(tmpdir(), 'aa-releases-'));
  t.teardown(() => rm(releases, { recursive: true }));
  await mkdir(join(releases, '1.0.0-a'));
  await writeFile(
    join(releases, '1.0.0-a/images.json'),
    JSON.stringify({ schemaVersion: 1, images: [...old, ...images] }),
  );
  const observed = (imageId: (reference: string) => Promise<string | null>) =>
    // /proc has no room at all (statfs(2)).
    observeStorage(
      {
        paths: { stateDirectory: releases, engineData: '/proc', releases },
        engine: { imageId },
        ballast: { size: async () => null },
      },
      images,
    );
  const [first] = old;
  const seen = await observed(async (reference) => (reference === first?.reference ? 'sha256:0' : null));
  t.deepEqual(seen.oldImages, { ok: true, value: first ? [first] : [] });
  t.deepEqual((await observed(() => Promise.reject(new Error('no answer')))).oldImages, {
    ok: false,
    why: 'no answer',
  });
});
