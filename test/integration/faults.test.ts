import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import type { Status } from '../../agent/control/status.ts';
import { IMAGE_MANIFEST } from '../../agent/stack/images.ts';
import { systemClock } from '../../agent/system/clock.ts';
import { allocate, sfuSends } from '../support/allocation.ts';
import { APPLIANCE_NEEDS, type Appliance, startAppliance } from '../support/appliance.ts';
import { type Client, createClient, echoedBySfu } from '../support/client.ts';
import { offerCrashingImage } from '../support/crashing-image.ts';
import { IMAGES } from '../support/images.ts';
import { HOST_V4 } from '../support/machine.ts';
import { needs, testWhen } from '../support/needs.ts';
import { fill, keepStateOn, remountState } from '../support/state-disk.ts';

const test = testWhen(
  needs({ ...APPLIANCE_NEEDS, commands: [...(APPLIANCE_NEEDS.commands ?? []), 'faketime'] }),
);
const LIVEKIT = 'appliance-livekit-1';
/** The whole ladder in half a minute. */
const CONFIG = `stack: embedded
healing: { restarts: 1, recreations: 1, imageReloads: 1, stackRestarts: 1, slowBeat: 10s }
`;
/** What is said of the disk that the first test makes. */
const OF_THE_SMALL_DISK = ['DATABASE_UNWRITABLE', 'DISK_LOW'];
let appliance: Appliance;
let client: Client;

test.before('an appliance comes up', async () => {
  appliance = await startAppliance({ stack: { config: CONFIG, images: IMAGES } });
  client = createClient(appliance.machine);
});
test.after.always('it is taken away', () => appliance?.destroy());

const newest = async () => (await appliance.events()).at(-1)?.id ?? 0;
const echoed = () => echoedBySfu(client);
const says = (code: string, words: RegExp) =>
  appliance.until(`${code} is said`, 20_000, ({ problems }) =>
    problems.some((problem) => problem.code === code && words.test(problem.evidence)),
  );

/** Kills the SFU so that only the agent brings it back; resolves to the event about it. */
async function killedAndHealed() {
  const before = await newest();
  await appliance.docker('kill', LIVEKIT);
  const deadline = performance.now() + 20_000;
  for (;;) {
    const event = (await appliance.events()).find(
      ({ id, subject, result }) => id > before && subject === 'livekit' && result !== 'pending',
    );
    if (event !== undefined) return event;
    if (performance.now() > deadline) throw new Error('the SFU was not healed within 20 s');
    await sleep(50);
  }
}

/** The first column of a query on the database file. */
function onDisk(query: string): readonly unknown[] {
  const database = new Database(appliance.paths.database, { readonly: true });
  try {
    return database.prepare(query).pluck().all();
  } finally {
    database.close();
  }
}

const filler = () => join(appliance.paths.stateDirectory, 'filler');
let healedOnAFullDisk = 0;

test('the disk is full: the agent says so, heals from memory, and knows what was before', async (t) => {
  await keepStateOn(appliance, 'size=8m,mode=700');
  await appliance.startAgent();
  const known = (await appliance.events()).map(({ id }) => id);
  await fill(filler());
  const { id, result, durationMs } = await killedAndHealed();
  t.is(result, 'ok');
  t.log(`served again after ${durationMs} ms`);
  t.is(await echoed(), 10);
  await says('DATABASE_UNWRITABLE', /the disk is full/);
  const now = (await appliance.events()).map((event) => event.id);
  t.deepEqual(now.slice(0, known.length), known);
  t.false(onDisk('SELECT id FROM events').includes(id), 'there was no room for it');
  healedOnAFullDisk = id;
  // What follows takes longer than the agent waits before it tries again.
  await rm(filler());
});

test('an image that ends at once, for ever: every remedy is tried, then a slow beat, and one problem is shown', async (t) => {
  const agent = appliance.agent().pid;
  await appliance.agentctl('heal', 'livekit');
  const manifest = join(appliance.paths.images, IMAGE_MANIFEST);
  const whole = await readFile(manifest, 'utf8');
  const network = () => appliance.docker('network', 'inspect', '--format', '{{.Id}}', 'appliance_rtc');
  const [allocation, networkBefore] = [await allocate(appliance, HOST_V4), await network()];
  await offerCrashingImage(appliance, 'livekit');
  const begun = performance.now();
  await appliance.until('only the slow beat is left', 90_000, ({ services }) =>
    services.some(({ name, healing }) => name === 'livekit' && healing.rung === 'slow-beat'),
  );
  t.log(`after ${Math.round((performance.now() - begun) / 1_000)} s`);
  const tried = await attemptsAt('livekit');
  const slow = performance.now();
  // Past the next beat: the engine itself starts it again and again meanwhile.
  for (; performance.now() < slow + 12_000; await sleep(500)) {
    const status = await appliance.status();
    const codes = status.problems.filter(({ severity }) => severity !== 'info').map(({ code }) => code);
    t.deepEqual(
      codes.filter((code) => !OF_THE_SMALL_DISK.includes(code)),
      ['SERVICE_DOWN'],
    );
    t.is(status.overall, 'critical');
    t.true((await client.stun({ host: HOST_V4, port: 3478, timeoutMs: 2_000 })).ok, 'the relay serves');
  }
  const beats = (await attemptsAt('livekit')) - tried;
  const most = Math.ceil((performance.now() - slow) / 10_000);
  t.true(beats >= 1 && beats <= most, `${beats} attempts, at a beat of 10 s`);
  await writeFile(manifest, whole);
  await appliance.until('the whole image serves', 60_000, allServe);
  t.is(await echoed(), 10);
  t.not(await network(), networkBefore, 'the stack was tried');
  await sfuSends(appliance, HOST_V4, allocation.relayed.port);
  t.deepEqual(allocation.peers(), [`${HOST_V4} 7882`], 'a client kept its relay through all that was tried');
  await allocation.stop();
  t.is(appliance.agent().pid, agent);
  t.regex(
    (await appliance.agentctl('events')).stdout,
    /livekit +service died: it exited with 3 .*brought up: livekit \(\d+ attempts\): ok in/s,
  );
});

const allServe = ({ services }: Status) => services.every(({ probe }) => probe?.ok === true);
const attemptsAt = async (service: string) =>
  (await appliance.status()).services.find(({ name }) => name === service)?.healing.attempts ?? 0;

test('what was done on the full disk is in the database since there was room again, and the ledger', async (t) => {
  await appliance.until('it is written down', 80_000, ({ problems }) =>
    problems.every(({ code }) => code !== 'DATABASE_UNWRITABLE'),
  );
  t.true(onDisk('SELECT id FROM events').includes(healedOnAFullDisk));
  const rungs = onDisk("SELECT rung FROM attempts WHERE subject = 'livekit' ORDER BY rowid");
  // Starting it is tried, once, where the engine has given it up, or there is none: that may be at any place among these.
  const others = rungs.filter((rung) => rung !== 'restart');
  t.true(rungs.length - others.length <= 1, rungs.join());
  t.deepEqual(others.slice(0, 5), ['update', 'recreate', 'reload-image', 'stack', 'recreate']);
});

test('the file system is read-only when the agent starts: it says so, heals, and writes it down when it can', async (t) => {
  await appliance.agent().stop();
  const known = onDisk('SELECT id FROM events');
  await remountState(appliance, 'ro');
  await appliance.startAgent();
  await says('DATABASE_UNWRITABLE', /its file system is read-only/);
  t.deepEqual(
    (await appliance.events()).map(({ id }) => id),
    known,
    'it knows what was before',
  );
  const { id, result } = await killedAndHealed();
  t.is(result, 'ok');
  t.is(await echoed(), 10);
  await remountState(appliance, 'rw');
  t.deepEqual(await appliance.agent().stop(), { code: 0, signal: null });
  t.true(onDisk('SELECT id FROM events').includes(id));
});

function nextLook(): Promise<Status> {
  const asked = systemClock().now().monotonicMs;
  return appliance.until('the next look', 15_000, (status) => status.generatedMonotonicMs > asked);
}

test('the clock is set by a year and back: the agent looks as before, does nothing for it, and heals as fast', async (t) => {
  const shift = join(appliance.machine.root, 'clock');
  await writeFile(shift, '+0');
  await appliance.startAgent({
    // The dynamic linker knows what $LIB is (ld.so(8)).
    LD_PRELOAD: '/usr/$LIB/faketime/libfaketime.so.1',
    FAKETIME_TIMESTAMP_FILE: shift,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    NO_FAKE_STAT: '1',
  });
  await appliance.until('the agent has looked at everything', 30_000, allServe);
  const containers = await appliance.docker('ps', '--quiet', '--no-trunc');
  for (const days of [366, -366]) {
    await nextLook();
    const before = await newest();
    await writeFile(shift, `${days > 0 ? '+' : ''}${days}d`);
    // Nothing but its time brings the next one about.
    const { generatedAt } = await nextLook();
    const ahead = (Date.parse(generatedAt) - Date.now()) / 86_400_000;
    t.is(Math.round(ahead), days, 'its clock was set');
    t.is(await newest(), before);
    t.is(await appliance.docker('ps', '--quiet', '--no-trunc'), containers);
  }
  const { result, durationMs } = await killedAndHealed();
  t.is(result, 'ok');
  t.log(`served again after ${durationMs} ms`);
});
