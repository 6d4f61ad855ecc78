import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { isSocketHeld } from '../../../agent/agentctl/agent-process.ts';
import { findAgent } from '../../../agent/agentctl/doctor/agent-check.ts';
import { gatherConfig } from '../../../agent/agentctl/doctor/config-fact.ts';
import { gatherDatabase } from '../../../agent/agentctl/doctor/database-fact.ts';
import { gatherImages } from '../../../agent/agentctl/doctor/images-fact.ts';
import { gatherServices } from '../../../agent/agentctl/doctor/services-fact.ts';
import { gatherTable } from '../../../agent/agentctl/doctor/table-fact.ts';
import type { Status } from '../../../agent/control/status.ts';
import type { StatusReading } from '../../../agent/control/status-file.ts';
import type { ContainerObservation } from '../../../agent/engine/types.ts';
import { connect } from '../../../agent/store/connection.ts';
import type { Run } from '../../../agent/system/processes.ts';
import { freshContainer } from '../../support/fake-container.ts';
import { livekitDown, wellStatus } from '../control/a-status.ts';

async function folder(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'aa-cli-'));
  t.teardown(() => rm(path, { recursive: true, force: true }));
  return path;
}

const reading = (status: Status | null, stale = false): StatusReading => ({
  status,
  ageMs: status === null ? null : 2_000,
  stale: stale || status === null,
  reason: status === null ? 'absent' : stale ? 'too-old' : 'fresh',
  detail: status === null ? 'there is no status.json' : '',
});
const answers =
  (exitCode: number, stderr = ''): Run =>
  async () => ({ exitCode, stdout: '', stderr, durationMs: 1 });
const ABSENT = answers(1, 'Error: No such file or directory; did you mean table ‘x’ in family inet?');

test('an agent that reported is good; one that did not is named with the age of its last word', (t) => {
  t.deepEqual(findAgent(reading(wellStatus)), { state: 'good', evidence: '0.1.0, reported 2 s ago' });
  t.like(findAgent({ ...reading(wellStatus, true), ageMs: 300_000, detail: 'it is older than 30 s' }), {
    state: 'bad',
    evidence: 'no fresh status, last 5 min ago: it is older than 30 s',
  });
  t.like(findAgent(reading(null)), { state: 'bad', evidence: 'no fresh status: there is no status.json' });
});

test('the table is judged by the agent while it reports', async (t) => {
  t.deepEqual(await gatherTable(answers(0), true, reading(wellStatus)), {
    known: true,
    value: { state: 'in-sync', differences: [] },
  });
  const problem = {
    ...livekitDown,
    code: 'TABLE_DRIFTED',
    evidence: 'chain forward: rule mark-in is missing',
  };
  const firewall = { ...wellStatus.firewall, state: 'drifted' as const };
  t.deepEqual(
    await gatherTable(answers(0), true, reading({ ...wellStatus, firewall, problems: [problem] })),
    {
      known: true,
      value: { state: 'drifted', differences: ['chain forward: rule mark-in is missing'] },
    },
  );
});

test('root sees that the table is gone, whatever the agent said last', async (t) => {
  for (const status of [wellStatus, null]) {
    t.deepEqual(await gatherTable(ABSENT, true, reading(status)), {
      known: true,
      value: { state: 'failed', differences: ['nft lists no table inet appliance'] },
    });
  }
});

test('without root the agent’s word is taken, and without that nothing is known', async (t) => {
  t.like(await gatherTable(ABSENT, false, reading(wellStatus)), { value: { state: 'in-sync' } });
  t.deepEqual(await gatherTable(ABSENT, false, reading(null)), {
    known: false,
    why: 'needs root, or a running agent',
  });
});

test('a table that nobody compares is neither in sync nor drifted', async (t) => {
  for (const run of [answers(0), answers(1, 'Operation not permitted')]) {
    t.false((await gatherTable(run, true, reading(wellStatus, true))).known);
    t.false((await gatherTable(run, true, reading(null))).known);
  }
});

const container = (service: string, changes: Partial<ContainerObservation>): ContainerObservation => ({
  ...freshContainer(service, '1', 'c0ffee'),
  image: service,
  state: 'running',
  pid: 1,
  ...changes,
});

test('services are told by the agent, else by the engine, else not at all', async (t) => {
  const never = { containers: () => Promise.reject(new Error('must not be asked')) };
  const [coturn, livekit] = wellStatus.services;
  if (coturn === undefined || livekit === undefined) return t.fail();
  const probe = { ok: false, kind: 'stun' as const, latencyMs: null, detail: 'no answer within 2000 ms' };
  const services = [
    { ...coturn, probe },
    { ...livekit, state: 'held', probe: null },
  ];
  const flapping: Status['problems'][number] = {
    code: 'SERVICE_FLAPPING',
    severity: 'degraded',
    title: '',
    since: '2026-01-01T00:00:00.000Z',
    evidence: 'coturn: it ended 5 times within 30 minutes: exit 1 (5 times)',
    next: '',
  };
  t.deepEqual(await gatherServices(never, reading({ ...wellStatus, services, problems: [flapping] })), {
    known: true,
    value: [
      {
        name: 'coturn',
        state: 'running',
        serving: false,
        held: false,
        failures: 'it ended 5 times within 30 minutes: exit 1 (5 times)',
        detail: 'running, stun: no answer within 2000 ms',
      },
      { name: 'livekit', state: 'held', serving: null, held: true, failures: null, detail: 'held' },
    ],
  });

  const containers = [
    container('coturn', {}),
    container('livekit', { state: 'exited', exitCode: 137, error: 'oom' }),
  ];
  t.deepEqual(await gatherServices({ containers: async () => containers }, reading(wellStatus, true)), {
    known: true,
    value: [
      { name: 'coturn', state: 'running', serving: null, held: null, detail: 'running' },
      { name: 'livekit', state: 'exited', serving: false, held: null, detail: 'exited with code 137: oom' },
    ],
  });
  t.false((await gatherServices({ containers: async () => [] }, reading(null))).known);
  t.deepEqual(await gatherServices(never, reading(null)), {
    known: false,
    why: 'the agent is silent, and must not be asked',
  });
});

test('an image counts as present by its reference, whatever the engine calls its id', async (t) => {
  const directory = await folder(t);
  const digest = (digit: string) => digit.repeat(64);
  const image = (service: string, digit: string) => ({
    service,
    reference: `appliance/${service}:1`,
    imageId: `sha256:${digest(digit)}`,
    archive: `${service}.tar`,
    archiveSha256: digest(digit),
  });
  const images = [image('coturn', '1'), image('livekit', '2'), image('traefik', '3')];
  await writeFile(join(directory, 'images.json'), JSON.stringify({ schemaVersion: 1, images }));
  const engine = {
    imageId: async (reference: string) => (reference.includes('traefik') ? null : 'sha256:of another kind'),
  };
  t.deepEqual(await gatherImages(engine, directory), {
    known: true,
    value: { missing: ['appliance/traefik:1'] },
  });
  t.false((await gatherImages(engine, join(directory, 'nowhere'))).known);
});

test('a configuration is accepted, refused with its line, or absent and thereby refused', async (t) => {
  const path = join(await folder(t), 'appliance.yaml');
  const accepted = { known: true, value: { accepted: true, error: '', hint: '' } };
  const absent = await gatherConfig(path);
  t.true(absent.known && /: there is no such file; /.test(absent.value.error));
  await writeFile(path, 'stack: embedded\nturn:\n  realm: example.org\n');
  t.deepEqual(await gatherConfig(path), accepted as never);
  await writeFile(path, 'stack: embedded\nturn:\n  raelm: example.org\n');
  const refused = await gatherConfig(path);
  t.true(
    refused.known && !refused.value.accepted && refused.value.error.startsWith(`${path}:3: turn.raelm: `),
  );
  t.false((await gatherConfig(join(path, '..'))).known);
});

test('the database is told by the agent while it reports', async (t) => {
  const absent = '/nonexistent/state.db';
  t.like(await gatherDatabase(absent, reading(wellStatus)), { value: { state: 'ok' } });
  const problem = { ...livekitDown, code: 'DATABASE_NEWER', evidence: 'schema 9', next: 'Install it.' };
  t.deepEqual(await gatherDatabase(absent, reading({ ...wellStatus, problems: [problem] })), {
    known: true,
    value: { state: 'newer', detail: 'schema 9', hint: 'Install it.' },
  });
});

test('while the agent is silent the database itself is looked at, and not changed', async (t) => {
  const path = join(await folder(t), 'state.db');
  t.deepEqual(await gatherDatabase(path, reading(null)), { known: false, why: 'there is none yet' });
  const database = connect(path);
  database.exec('CREATE TABLE events (id INTEGER PRIMARY KEY, text TEXT)');
  const insert = database.prepare('INSERT INTO events (text) VALUES (?)');
  for (let count = 0; count < 200; count += 1) insert.run('x'.repeat(100));
  database.close();
  t.like(await gatherDatabase(path, reading(null)), { value: { state: 'ok' } });

  const bytes = await readFile(path);
  bytes.fill(0xff, 4096, 4096 + 2048);
  await writeFile(path, bytes);
  const damaged = await gatherDatabase(path, reading(null));
  t.like(damaged, { known: true, value: { state: 'damaged' } });
  t.deepEqual(await readFile(path), bytes);
});

test('a socket is held exactly while a process has it', async (t) => {
  const listing = join(await folder(t), 'unix');
  await writeFile(
    listing,
    'Num       RefCount Protocol Flags    Type St Inode Path\n' +
      '0000000000000000: 00000002 00000000 00010000 0001 01 21370 /run/appliance-agent/agent.sock\n' +
      '0000000000000000: 00000002 00000000 00010000 0001 01 21371 /run/other/run/x.sock\n',
  );
  t.true(await isSocketHeld('/run/appliance-agent/agent.sock', listing));
  t.false(await isSocketHeld('/run/x.sock', listing));
  t.false(await isSocketHeld('/run/nothing.sock'));
});
