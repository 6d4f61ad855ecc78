import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createRedactor, readSecretValues } from '../../../agent/agentctl/redact.ts';
import { LIMITS, type Manifest, packBundle, type Source } from '../../../agent/agentctl/support/bundle.ts';
import { supportSources } from '../../../agent/agentctl/support/sources.ts';
import type { ContainerObservation } from '../../../agent/engine/types.ts';
import { appliancePaths } from '../../../agent/system/paths.ts';
import { type Run, run } from '../../../agent/system/processes.ts';
import { freshContainer } from '../../support/fake-container.ts';

const SECRET = randomBytes(32).toString('hex');
/** What a source may say of a secret, and around it what must stay. */
const PLANTED = `kept-before
the secret ${SECRET}, ${Buffer.from(SECRET).toString('base64')}
static-auth-secret=${SECRET}
password: another-${SECRET.slice(0, 10)}
jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl
kept-after
`;
const NEEDLES = [
  SECRET,
  Buffer.from(SECRET).toString('base64'),
  `another-${SECRET.slice(0, 10)}`,
  'eyJzdWIiOiIxMjM0In0',
];

const container = (service: string): ContainerObservation => ({
  ...freshContainer(service, '', `id-of-${service}`),
  name: service,
  image: `appliance/${service}:1`,
  imageId: '',
  state: 'running',
  exitCode: null,
  pid: 1,
  error: PLANTED,
});

/** Every program says the secret, on both its outputs. */
const leaking: Run = async () => ({ exitCode: 0, stdout: PLANTED, stderr: PLANTED, durationMs: 1 });

async function unpacked(t: ExecutionContext, archive: Buffer): Promise<Map<string, string>> {
  const directory = await mkdtemp(join(tmpdir(), 'aa-bundle-'));
  t.teardown(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, 'bundle.tar.gz'), archive);
  const result = await run('tar', ['-xzf', 'bundle.tar.gz'], { timeoutMs: 10_000, cwd: directory });
  t.is(result.exitCode, 0, result.stderr);
  const folder = join(directory, 'support');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(
      files.map(async (file) => [file.slice(folder.length + 1), await readFile(file, 'utf8')] as const),
    ),
  );
}

test('no secret gets into a bundle, from whatever source; what stands around it does', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'aa-support-'));
  t.teardown(() => rm(root, { recursive: true }));
  const paths = appliancePaths(root);
  const planted = [
    paths.status,
    paths.events,
    paths.tuneRecord,
    paths.config,
    paths.agentLog,
    paths.installLog,
    join(paths.profileOverrides, 'site.yaml'),
  ];
  // These are not to be read at all.
  const beside = [
    paths.database,
    paths.acceptedConfig,
    join(paths.rendered, 'compose.yaml'),
    join(paths.profileOverrides, 'notes.txt'),
  ];
  for (const file of [...planted, ...beside]) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, PLANTED);
  }
  await mkdir(paths.secrets, { recursive: true });
  await writeFile(join(paths.secrets, 'turn'), `${SECRET}\n`);

  const sources = await supportSources({
    paths,
    run: leaking,
    engine: {
      containers: async () => [container('coturn'), container('livekit')],
      version: async () => ({ version: PLANTED, apiVersion: '1.41' }),
    },
    logs: async () => PLANTED,
    own: {
      'doctor.json': async () => ({ evidence: PLANTED }),
      'hardware.json': async () => {
        throw new Error(PLANTED);
      },
    },
  });
  const redact = createRedactor(await readSecretValues(paths.secrets));
  const about = { createdAt: '2026-11-22T13:00:00.000Z', agentVersion: '0.1.0' };
  const { archive, manifest } = await packBundle({ folder: 'support', sources, redact, about });
  const files = await unpacked(t, archive);

  const theirs = ['machine/os-release.txt', 'machine/memory.txt', 'machine/pressure-memory.txt'];
  let checked = 0;
  for (const [name, text] of files) {
    for (const needle of NEEDLES) t.false(text.includes(needle), `${name} holds ${needle}`);
    if (name === 'manifest.json' || theirs.includes(name)) continue;
    t.regex(text, /kept-before[\s\S]*\[redacted\][\s\S]*kept-after/, name);
    checked += 1;
  }
  // Seven files, doctor, two of the engine, two logs of containers, and the programs.
  t.true(checked >= 7 + 1 + 2 + 2 + 10, `only ${checked} files were planted`);
  t.is(manifest.entries.find(({ name }) => name === 'hardware.json')?.state, 'failed');
  t.deepEqual(
    [...files.keys()].filter((name) => name !== 'manifest.json').sort(),
    manifest.entries
      .filter(({ state }) => state === 'packed')
      .map(({ name }) => name)
      .sort(),
  );
});

const pack = (sources: readonly Source[], limits = LIMITS) =>
  packBundle({
    folder: 'support',
    sources,
    redact: createRedactor([]),
    about: { createdAt: '2026-11-22T13:00:00.000Z', agentVersion: '0.1.0' },
    limits,
  });
const source = (name: string, text: string | null): Source => ({
  name,
  from: 'here',
  read: async () => text,
});

test('the manifest says of each source what became of it, and the packed content is what it says', async (t) => {
  const failing: Source = {
    name: 'broken.txt',
    from: 'there',
    read: () => Promise.reject(new Error('no such')),
  };
  const { archive } = await pack([source('a/b.txt', 'content\n'), source('none.txt', null), failing]);
  const files = await unpacked(t, archive);
  const manifest: Manifest = JSON.parse(files.get('manifest.json') ?? '');
  t.like(manifest, { schemaVersion: 1, agentVersion: '0.1.0' });
  t.deepEqual(
    manifest.entries.map(({ name, state, detail }) => [name, state, detail]),
    [
      ['a/b.txt', 'packed', ''],
      ['none.txt', 'absent', ''],
      ['broken.txt', 'failed', 'no such'],
    ],
  );
  const [entry] = manifest.entries;
  t.is(files.get('a/b.txt'), 'content\n');
  t.is(entry?.bytes, 8);
  t.is(entry?.sha256, createHash('sha256').update('content\n').digest('hex'));
});

test('of what is too long the end stays, from the beginning of a line; how much was cut is said', async (t) => {
  const text = Array.from({ length: 100 }, (_, index) => `line ${index}\n`).join('');
  const { archive, manifest } = await pack([source('long.log', text)], {
    bytesEach: 50,
    bytesTogether: 1000,
  });
  const kept = (await unpacked(t, archive)).get('long.log') ?? '';
  t.true(kept.length <= 50 && kept.startsWith('line ') && kept.endsWith('line 99\n'), kept);
  t.is(manifest.entries[0]?.cutBytes, text.length - kept.length);
});

test('a bundle has a largest size: what does not fit is left out, and named', async (t) => {
  const sources = [source('one', 'x'.repeat(600)), source('two', 'y'.repeat(600)), source('three', 'z')];
  const { archive, manifest } = await pack(sources, { bytesEach: 1000, bytesTogether: 1000 });
  t.deepEqual(
    manifest.entries.map(({ name, state }) => [name, state]),
    [
      ['one', 'packed'],
      ['two', 'left-out'],
      ['three', 'packed'],
    ],
  );
  t.false((await unpacked(t, archive)).has('two'));
});

test('a secret that a cut would halve is blackened before', async (t) => {
  const { archive } = await packBundle({
    folder: 'support',
    sources: [source('log', `${'x'.repeat(40)}${SECRET}`)],
    redact: createRedactor([SECRET]),
    about: { createdAt: '', agentVersion: '' },
    limits: { bytesEach: 40, bytesTogether: 1000 },
  });
  const text = (await unpacked(t, archive)).get('log') ?? '';
  t.regex(text, /x\[redacted\]$/);
});
