import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { EVENTS_KEPT, readEvents, writeEvents } from '../../../agent/control/events-file.ts';
import { readStatus, writeStatus } from '../../../agent/control/status-file.ts';
import { BOOT, clockAt, died, wellStatus } from './a-status.ts';

async function folder(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'aa-cli-'));
  t.teardown(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function statusFile(t: ExecutionContext, content?: string): Promise<string> {
  const path = join(await folder(t), 'status.json');
  if (content !== undefined) await writeFile(path, content);
  return path;
}

test('a status is written for everybody to read, whole, and read back as it was', async (t) => {
  const directory = await folder(t);
  const path = join(directory, 'run', 'status.json');
  await writeStatus(path, wellStatus);
  await writeStatus(path, wellStatus);
  t.is((await stat(path)).mode & 0o777, 0o644);
  t.deepEqual(await readdir(join(directory, 'run')), ['status.json']);
  t.deepEqual(await readStatus(path, clockAt(102_500)), {
    status: wellStatus,
    ageMs: 2_500,
    stale: false,
    reason: 'fresh',
    detail: '',
  });
});

test('a status is fresh until it is 30 s old, by the clock that counts from boot', async (t) => {
  const path = await statusFile(t, JSON.stringify(wellStatus));
  t.like(await readStatus(path, clockAt(130_000)), { stale: false, ageMs: 30_000, reason: 'fresh' });
  t.like(await readStatus(path, clockAt(130_001)), { stale: true, ageMs: 30_001, reason: 'too-old' });
});

test('a status of another boot is stale and has no age, however small the difference looks', async (t) => {
  const path = await statusFile(t, JSON.stringify(wellStatus));
  const reading = await readStatus(path, clockAt(100_001, 'another-boot'));
  t.like(reading, { stale: true, ageMs: null, reason: 'other-boot' });
  t.is(reading.status?.bootId, BOOT);
});

test('a status that claims to be from the future is not believed', async (t) => {
  const path = await statusFile(t, JSON.stringify(wellStatus));
  t.like(await readStatus(path, clockAt(90_000)), { status: null, stale: true, reason: 'not-valid' });
  t.like(await readStatus(path, clockAt(99_500)), { stale: false, ageMs: 0 });
});

test('no status file is absent, also where its folder is not one', async (t) => {
  t.like(await readStatus(await statusFile(t), clockAt(0)), { status: null, reason: 'absent', stale: true });
  const file = await statusFile(t, 'a file');
  t.like(await readStatus(join(file, 'status.json'), clockAt(0)), { reason: 'absent' });
});

test('a status that cannot be read is neither absent nor valid', async (t) => {
  const path = await statusFile(t);
  await mkdir(path);
  t.like(await readStatus(path, clockAt(0)), { status: null, reason: 'not-readable', stale: true });
});

test('garbage is refused with the place of the mistake', async (t) => {
  const text = JSON.stringify(wellStatus);
  for (const [content, detail] of [
    ['', /Unexpected end of JSON/],
    [text.slice(0, 200), /JSON/],
    ['[]', /its content is not what it should be/],
    [JSON.stringify({ ...wellStatus, schemaVersion: 2 }), /schemaVersion is not/],
    [JSON.stringify({ ...wellStatus, services: [{ name: 'livekit' }] }), /services\.0\.state is not/],
    [text.replace('"overall":"ok"', '"overall":"fine"'), /overall is not/],
  ] as const) {
    const reading = await readStatus(await statusFile(t, content), clockAt(100_000));
    t.like(reading, { status: null, ageMs: null, stale: true, reason: 'not-valid' });
    t.regex(reading.detail, detail);
  }
});

test('what a newer agent adds passes through', async (t) => {
  const path = await statusFile(t, JSON.stringify({ ...wellStatus, mood: 'cheerful' }));
  t.like(await readStatus(path, clockAt(100_000)), { status: { mood: 'cheerful' }, stale: false });
});

test('the events file keeps the newest 500, for everybody to read', async (t) => {
  const path = join(await folder(t), 'events.json');
  const many = Array.from({ length: EVENTS_KEPT + 3 }, (_, index) => ({ ...died, id: index + 1 }));
  await writeEvents(path, many);
  t.is((await stat(path)).mode & 0o777, 0o644);
  const file = await readEvents(path);
  if (file.state !== 'valid') return t.fail(file.detail);
  t.is(file.value.length, EVENTS_KEPT);
  t.deepEqual([file.value[0], file.value.at(-1)], [many[3], many.at(-1)]);
});

test('an events file that is absent or garbage is told apart', async (t) => {
  const path = join(await folder(t), 'events.json');
  t.is((await readEvents(path)).state, 'absent');
  await writeFile(path, '{"schemaVersion":1,"events":[{"id":"seven"}]}');
  t.is((await readEvents(path)).state, 'not-valid');
  t.regex(await readFile(path, 'utf8'), /seven/);
});
