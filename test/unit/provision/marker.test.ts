import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createMarker } from '../../../agent/provision/marker.ts';
import { wellStatus } from '../control/a-status.ts';

async function folder(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'aa-marker-'));
  t.teardown(() => rm(path, { recursive: true }));
  return path;
}

const running = { ...wellStatus, provisioning: { state: 'running', steps: [] } } as const;

test('the marker is written when provisioning is done, not before, and then stays', async (t) => {
  const path = join(await folder(t), 'state/provisioned');
  const marker = createMarker(path);
  t.is(await marker.keep(running), null);
  await t.throwsAsync(readFile(path), { code: 'ENOENT' });
  t.is(await marker.keep(wellStatus), null);
  const text = await readFile(path, 'utf8');
  t.true(text.includes(wellStatus.generatedAt));
  t.is(await createMarker(path).keep({ ...wellStatus, generatedAt: 'later' }), null);
  t.is(await readFile(path, 'utf8'), text, 'a later run leaves it as it is');
});

test('a marker that cannot be written is told, and tried again', async (t) => {
  const directory = await folder(t);
  const path = join(directory, 'state/provisioned');
  await writeFile(join(directory, 'state'), 'in the way');
  const marker = createMarker(path);
  t.regex((await marker.keep(wellStatus)) ?? '', /provisioned: /);
  await rm(join(directory, 'state'));
  await mkdir(join(directory, 'state'));
  t.is(await marker.keep(wellStatus), null);
  t.true((await readFile(path, 'utf8')).length > 0);
});
