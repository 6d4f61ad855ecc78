import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { readImages, verifyArchive } from '../../../agent/stack/images.ts';
import type { StackImage } from '../../../agent/stack/types.ts';
import { AgentError } from '../../../agent/system/errors.ts';

const CONTENT = 'an archive';
const image: StackImage = {
  service: 'coturn',
  reference: 'appliance-agent/coturn:1',
  imageId: `sha256:${'a'.repeat(64)}`,
  archive: 'coturn.tar',
  archiveSha256: createHash('sha256').update(CONTENT).digest('hex'),
};

async function folder(t: ExecutionContext, manifest?: unknown): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'aa-images-'));
  t.teardown(() => rm(path, { recursive: true }));
  if (manifest !== undefined) {
    const text = typeof manifest === 'string' ? manifest : JSON.stringify(manifest);
    await writeFile(join(path, 'images.json'), text);
  }
  return path;
}

test('the manifest is read as it was written', async (t) => {
  t.deepEqual(await readImages(await folder(t, { schemaVersion: 1, images: [image] })), [image]);
});

test('without a manifest the error says how to get one', async (t) => {
  const error = await t.throwsAsync(readImages(await folder(t)), { instanceOf: AgentError });
  t.is(error.code, 'IMAGES_MISSING');
  t.regex(error.hint, /install\.sh/);
});

for (const [what, manifest] of [
  ['that is not JSON', '{"schemaVersion": 1, "ima'],
  ['of another version', { schemaVersion: 2, images: [image] }],
  ['without images', { schemaVersion: 1, images: [] }],
  ['whose archive is outside its folder', { schemaVersion: 1, images: [{ ...image, archive: '../x.tar' }] }],
  ['whose image id is none', { schemaVersion: 1, images: [{ ...image, imageId: 'latest' }] }],
] as const) {
  test(`a manifest ${what} is refused`, async (t) => {
    await t.throwsAsync(readImages(await folder(t, manifest)), { code: 'IMAGES_INVALID' });
  });
}

test('an archive is given out once its content is what the manifest names', async (t) => {
  const directory = await folder(t);
  await t.throwsAsync(verifyArchive(image, directory), { code: 'IMAGE_ARCHIVE_MISSING' });
  await writeFile(join(directory, 'coturn.tar'), `${CONTENT}.`);
  await t.throwsAsync(verifyArchive(image, directory), { code: 'IMAGE_ARCHIVE_CORRUPT' });
  await writeFile(join(directory, 'coturn.tar'), CONTENT);
  t.is(await verifyArchive(image, directory), join(directory, 'coturn.tar'));
});
