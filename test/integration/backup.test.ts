import { chown, copyFile, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { USERS } from '../../agent/stack/element-call/names.ts';
import { readSecrets } from '../../agent/stack/secrets.ts';
import { type Appliance, isUp, startAppliance } from '../support/appliance.ts';
import { createClient } from '../support/client.ts';
import { ELEMENT_CALL_CONFIG, ELEMENT_CALL_NEEDS, elementCallImages } from '../support/element-call.ts';
import { HOST_V4 } from '../support/machine.ts';
import { needs, testWhen } from '../support/needs.ts';

const test = testWhen(needs(ELEMENT_CALL_NEEDS));
const HOMESERVER: Readonly<Record<string, string>> = { '000007.sst': 'a table', CURRENT: 'MANIFEST-000005' };
let appliance: Appliance;

test.before('an appliance with a homeserver that has kept something', async () => {
  appliance = await startAppliance({
    stack: { config: ELEMENT_CALL_CONFIG, images: await elementCallImages() },
  });
  const { uid, gid } = USERS.tuwunel;
  for (const [name, content] of Object.entries(HOMESERVER)) {
    const path = join(appliance.paths.data, 'tuwunel', name);
    await writeFile(path, content, { mode: 0o600 });
    await chown(path, uid, gid);
  }
});
test.after.always('it is taken away', () => appliance?.destroy());

const secretsNow = () => readSecrets({ directory: appliance.paths.secrets });
const kinds = async () => (await appliance.events()).map(({ kind }) => kind);

test('a backup of a serving stack, taken to the machine when that has lost everything, is the same appliance again', async (t) => {
  const { paths, machine, agentctl } = appliance;
  const [file, key] = [join(machine.root, 'backup.age'), join(machine.root, 'key.txt')];
  const identity = await generateIdentity();
  await writeFile(key, `${identity}\n`, { mode: 0o600 });
  const before = await secretsNow();
  if (before === null) throw new Error('the appliance has secrets');

  const made = await agentctl('backup', '--to', file, '--recipient', await identityToRecipient(identity));
  t.is(made.exitCode, 0, made.stderr);
  t.regex(made.stdout, /tuwunel did not serve for/);
  t.log(made.stdout.trim());
  await appliance.freshStatus();
  await appliance.until('the homeserver serves again', 20_000, isUp);
  t.is((await kinds()).filter((kind) => kind === 'backup-made').length, 1);
  t.false((await readdir(paths.stateDirectory)).includes('backup'), 'nothing is left in plain');

  const cut = join(machine.root, 'cut.age');
  await copyFile(file, cut);
  await truncate(cut, (await stat(file)).size - 10);
  const refused = await agentctl('restore', cut, '--identity', key, '--yes');
  t.not(refused.exitCode, 0);
  t.regex(refused.stderr, /truncated, altered/);
  t.deepEqual(await secretsNow(), before);

  await appliance.agent().stop();
  await appliance.docker('rm', '--force', ...(await appliance.docker('ps', '-aq')).trim().split('\n'));
  await rm(paths.stateDirectory, { recursive: true });
  await rm(paths.config);
  await mkdir(paths.stateDirectory);
  await appliance.startAgent();

  const restored = await agentctl('restore', file, '--identity', key, '--yes');
  t.is(restored.exitCode, 0, restored.stderr);
  await appliance.agent().stop();
  await appliance.startAgent();
  await appliance.until('the stack serves', 60_000, isUp);
  t.deepEqual(await secretsNow(), before);
  for (const [name, content] of Object.entries(HOMESERVER)) {
    const path = join(paths.data, 'tuwunel', name);
    t.is(await readFile(path, 'utf8'), content);
    t.is((await stat(path)).uid, USERS.tuwunel.uid);
  }
  t.is(await readFile(paths.config, 'utf8'), ELEMENT_CALL_CONFIG);
  // The record of before goes on; what the machine did in between is set aside with the rest.
  t.deepEqual(
    (await kinds()).filter((kind) => kind === 'restored' || kind === 'secrets-made'),
    ['secrets-made', 'restored'],
  );
  const aside = (await readdir(paths.stateDirectory)).filter((name) => name.startsWith('before-restore-'));
  t.is(aside.length, 1, 'what was there is set aside');

  const relayed = await createClient(machine).relay({
    ...{ server: HOST_V4, secret: before.turn, peer: HOST_V4, peerPort: 7882 },
    ...{ transport: 'udp', method: 'channel', count: 5 },
  });
  t.is(relayed.refusal, null, relayed.output);
  t.true(relayed.sent > 0, 'credentials of before are good');
});
