import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { importImages } from '../../../agent/release/images/import.ts';
import type { LockedImage } from '../../../agent/stack/element-call/image-lock.ts';
import { readImages, verifyArchive } from '../../../agent/stack/images.ts';
import { run } from '../../../agent/system/processes.ts';
import { tarStream } from '../../../agent/system/tar.ts';

const ID = 'a'.repeat(64);
const locked: LockedImage[] = ['one', 'two'].map((service) => ({
  service,
  reference: `example.test/${service}:v1`,
  digest: null,
  source: null,
}));

/** Two folders: one with an archive as `docker save` makes it for each reference, and one to import to. */
async function folders(t: ExecutionContext, references: Readonly<Record<string, string>>) {
  const root = await mkdtemp(join(tmpdir(), 'aa-import-'));
  t.teardown(() => rm(root, { recursive: true }));
  for (const [service, reference] of Object.entries(references)) {
    const text = JSON.stringify([{ Config: `blobs/sha256/${ID}`, RepoTags: [reference], Layers: [] }]);
    const entries = [{ kind: 'text', path: 'manifest.json', mode: 0o644, text } as const];
    const chunks: Buffer[] = [];
    for await (const chunk of tarStream(entries)) chunks.push(chunk);
    await writeFile(join(root, `${service}.tar`), Buffer.concat(chunks));
  }
  return { from: root, to: join(root, 'images') };
}

test('archives are taken in, and the agent finds each as it was', async (t) => {
  const { from, to } = await folders(t, { one: 'example.test/one:v1', two: 'example.test/two:v1' });
  const imported = await importImages(run, locked, from, to);
  t.deepEqual(
    imported.map(({ service, reference, imageId }) => [service, reference, imageId]),
    locked.map(({ service, reference }) => [service, reference, `sha256:${ID}`]),
  );
  t.deepEqual(await readImages(to), [...imported]);
  for (const image of imported) t.is(await verifyArchive(image, to), join(to, image.archive));
  t.deepEqual((await readdir(to)).sort(), ['images.json', 'one.tar', 'two.tar']);
});

for (const [what, references, said] of [
  ['that is missing', { one: 'example.test/one:v1' }, /there is no .*two\.tar/],
  [
    'of another image',
    { one: 'example.test/one:v1', two: 'example.test/two:v2' },
    /two\.tar does not hold example\.test\/two:v1/,
  ],
] as const) {
  test(`an archive ${what} is refused before anything is written`, async (t) => {
    const { from, to } = await folders(t, references);
    const error = await t.throwsAsync(importImages(run, locked, from, to), { message: said });
    t.like(error, { code: 'IMAGE_REFUSED' });
    await t.throwsAsync(readdir(to), { code: 'ENOENT' });
  });
}

test('a file that is no archive is refused', async (t) => {
  const { from, to } = await folders(t, { one: 'example.test/one:v1' });
  await writeFile(join(from, 'two.tar'), 'not a tar file');
  await t.throwsAsync(importImages(run, locked, from, to), { code: 'IMAGE_REFUSED' });
});
