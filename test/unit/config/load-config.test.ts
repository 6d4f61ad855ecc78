import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { configHash } from '../../../agent/config/config-hash.ts';
import { loadConfig } from '../../../agent/config/load-config.ts';
import { formatConfigProblems } from '../../../agent/config/problems.ts';
import { DEFAULT_CONFIG } from '../../../agent/config/schema.ts';

function files(t: ExecutionContext): { path: string; acceptedPath: string } {
  const folder = mkdtempSync(join(tmpdir(), 'aa-config-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return { path: join(folder, 'appliance.yaml'), acceptedPath: join(folder, 'state/accepted.yaml') };
}

const GOOD = 'stack: embedded\nturn:\n  realm: turn.example.org # ours\n';
const BAD = 'stack: embedded\nturn:\n  realm: 5\n';

test('an accepted file is used, and kept word for word', async (t) => {
  const { path, acceptedPath } = files(t);
  writeFileSync(path, GOOD);
  const loaded = await loadConfig({ path, acceptedPath });
  t.is(loaded.source, 'file');
  t.is(loaded.config?.turn.realm, 'turn.example.org');
  t.is(loaded.refused, null);
  t.is(loaded.notKept, null);
  t.is(readFileSync(acceptedPath, 'utf8'), GOOD);
  t.is(statSync(acceptedPath).mode & 0o777, 0o600);
});

test('an accepted file that did not change is not written again', async (t) => {
  const { path, acceptedPath } = files(t);
  writeFileSync(path, GOOD);
  await loadConfig({ path, acceptedPath });
  utimesSync(acceptedPath, 1000, 1000);
  const inode = statSync(acceptedPath).ino;
  await loadConfig({ path, acceptedPath });
  t.is(statSync(acceptedPath).ino, inode);
  t.is(statSync(acceptedPath).mtimeMs, 1_000_000);
});

test('a refused file leaves the accepted one in force, and the problems are told', async (t) => {
  const { path, acceptedPath } = files(t);
  writeFileSync(path, GOOD);
  const accepted = await loadConfig({ path, acceptedPath });
  writeFileSync(path, BAD);
  const loaded = await loadConfig({ path, acceptedPath });
  t.is(loaded.source, 'accepted');
  t.deepEqual(loaded.config, accepted.config);
  t.is(loaded.hash, accepted.hash);
  t.deepEqual(
    loaded.refused?.map(({ path: setting, line }) => [setting, line]),
    [['turn.realm', 3]],
  );
  t.is(readFileSync(acceptedPath, 'utf8'), GOOD);
});

test('a refused file on a machine that never accepted one gives nothing to run with', async (t) => {
  const { path, acceptedPath } = files(t);
  writeFileSync(path, BAD);
  const loaded = await loadConfig({ path, acceptedPath });
  t.is(loaded.config, null);
  t.is(loaded.source, 'none');
  t.is(loaded.hash, null);
  t.is(loaded.refused?.length, 1);
});

test('an accepted copy that is damaged is not used', async (t) => {
  const { path, acceptedPath } = files(t);
  writeFileSync(path, GOOD);
  await loadConfig({ path, acceptedPath });
  writeFileSync(path, BAD);
  writeFileSync(acceptedPath, '{{{');
  t.is((await loadConfig({ path, acceptedPath })).source, 'none');
});

test('a missing file leaves the accepted one in force, and is told', async (t) => {
  const { path, acceptedPath } = files(t);
  t.is((await loadConfig({ path, acceptedPath })).source, 'none');
  writeFileSync(path, GOOD);
  await loadConfig({ path, acceptedPath });
  rmSync(path);
  const missing = await loadConfig({ path, acceptedPath });
  t.is(missing.source, 'accepted');
  t.is(missing.config?.turn.realm, 'turn.example.org');
  t.regex(
    formatConfigProblems(missing.refused ?? [], 'appliance.yaml'),
    /^appliance\.yaml: there is no such file; /,
  );
});

test('a file that cannot be read is refused like one with a mistake', async (t) => {
  const { path, acceptedPath } = files(t);
  writeFileSync(path, GOOD);
  await loadConfig({ path, acceptedPath });
  rmSync(path);
  mkdirSync(path);
  const loaded = await loadConfig({ path, acceptedPath });
  t.is(loaded.source, 'accepted');
  t.is(loaded.config?.turn.realm, 'turn.example.org');
  t.regex(
    formatConfigProblems(loaded.refused ?? [], 'appliance.yaml'),
    /^appliance\.yaml: the file cannot be read \(EISDIR.*\); make it a regular file that root can read$/,
  );
});

test('an accepted file whose copy cannot be kept is used all the same', async (t) => {
  const { path } = files(t);
  writeFileSync(path, GOOD);
  chmodSync(path, 0o644);
  const acceptedPath = join(path, 'accepted.yaml');
  const loaded = await loadConfig({ path, acceptedPath });
  t.is(loaded.source, 'file');
  t.is(loaded.config?.turn.realm, 'turn.example.org');
  t.regex(loaded.notKept ?? '', /accepted\.yaml: /);
});

test('the hash changes with the meaning of a configuration, and with nothing else', (t) => {
  const hash = configHash(DEFAULT_CONFIG);
  t.regex(hash, /^[0-9a-f]{64}$/);
  const { network, turn } = DEFAULT_CONFIG;
  const two = { ...network, addresses: ['10.0.0.1', '10.0.0.2'] };
  const reversed = { ...network, addresses: ['10.0.0.2', '10.0.0.1'] };
  t.is(configHash({ ...DEFAULT_CONFIG, network: two }), configHash({ ...DEFAULT_CONFIG, network: reversed }));
  const changed = [
    { ...DEFAULT_CONFIG, network: two },
    { ...DEFAULT_CONFIG, network: { ...network, subnet: '172.30.6.0/24' } },
    { ...DEFAULT_CONFIG, turn: { ...turn, realm: 'example.org' } },
    { ...DEFAULT_CONFIG, turn: { ...turn, relayPorts: { from: 49152, to: 49664 } } },
  ];
  t.is(new Set([hash, ...changed.map(configHash)]).size, 5);
});
