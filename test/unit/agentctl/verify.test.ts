import { appendFile, cp, mkdir, mkdtemp, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { configProof, imagesProof, profilesProof } from '../../../agent/agentctl/verify/content.ts';
import { programsProof } from '../../../agent/agentctl/verify/programs.ts';
import { type Proof, toCheck } from '../../../agent/agentctl/verify/proof.ts';
import { parseChecksums, releaseProof } from '../../../agent/agentctl/verify/release.ts';
import { rulesProof } from '../../../agent/agentctl/verify/rules.ts';
import { unitsProof } from '../../../agent/agentctl/verify/units.ts';
import { checksums } from '../../../agent/release/content-hash.ts';
import { systemClock } from '../../../agent/system/clock.ts';
import { appliancePaths } from '../../../agent/system/paths.ts';
import { needs, testWhen } from '../../support/needs.ts';

const PROJECT = resolve(import.meta.dirname, '../../..');

async function folder(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'aa-verify-'));
  t.teardown(() => rm(path, { recursive: true }));
  return path;
}

/** The proof fails, says this, and says what to do. */
async function isRefuted(t: ExecutionContext, proof: Proof, evidence: RegExp): Promise<void> {
  const check = await toCheck(proof);
  t.is(check.state, 'fail');
  t.is(check.severity, 'critical');
  t.regex(check.evidence, evidence);
  t.truthy(check.next);
}

async function holds(t: ExecutionContext, proof: Proof): Promise<void> {
  const { state, evidence } = await toCheck(proof);
  t.is(state, 'ok', evidence);
}

test('a release is proved by its checksums, and a changed and a missing file are named', async (t) => {
  const directory = await folder(t);
  await isRefuted(t, releaseProof(directory), /there is no release/);
  await mkdir(join(directory, 'bin'));
  await writeFile(join(directory, 'bin/node'), 'node');
  await writeFile(join(directory, 'agent.js'), 'agent');
  await writeFile(join(directory, 'VERSION'), '1.0.0-abc\n');
  await writeFile(join(directory, 'SHA256SUMS'), await checksums(directory));
  await holds(t, releaseProof(directory));
  await appendFile(join(directory, 'bin/node'), '!');
  await unlink(join(directory, 'agent.js'));
  await isRefuted(t, releaseProof(directory), /not as they were built: agent\.js, bin\/node$/);
});

test('a line that is no checksum is refused, not passed over', (t) => {
  const hash = 'a'.repeat(64);
  t.deepEqual(parseChecksums(`${hash}  one\n${hash} *two words\n`), [
    { path: 'one', sha256: hash },
    { path: 'two words', sha256: hash },
  ]);
  t.throws(() => parseChecksums(`${hash}  one\nsomething\n`), { message: /not a checksum: something/ });
});

test('units are proved when they are those of the release, enabled, and not masked', async (t) => {
  const installed = await folder(t);
  const units = { shipped: join(PROJECT, 'units'), installed };
  await isRefuted(t, unitsProof(units), /is not the one of the release/);
  await cp(units.shipped, installed, { recursive: true });
  await isRefuted(t, unitsProof(units), /appliance-agent\.service is not enabled/);
  for (const [target, name] of [
    ['multi-user', 'appliance-agent.service'],
    ['sysinit', 'appliance-agent-firewall.service'],
    ['multi-user', 'appliance-agent-tune.service'],
    ['sysinit', 'appliance-agent-site.service'],
    ['multi-user', 'appliance-agent-site.path'],
    ['multi-user', 'docker.service'],
  ] as const) {
    await mkdir(join(installed, `${target}.target.wants`), { recursive: true });
    await symlink(`/etc/systemd/system/${name}`, join(installed, `${target}.target.wants`, name));
  }
  await holds(t, unitsProof(units));
  await symlink('/dev/null', join(installed, 'docker.service'));
  await isRefuted(t, unitsProof(units), /docker\.service is masked/);
});

test('an image without a program that is needed is refuted, with the package that has it', async (t) => {
  const root = await folder(t);
  await isRefuted(t, programsProof(root), /there is no dockerd/);
  await mkdir(join(root, 'usr/sbin'), { recursive: true });
  await mkdir(join(root, 'usr/bin'), { recursive: true });
  for (const program of [
    'sbin/dockerd',
    'bin/containerd',
    'sbin/runc',
    'sbin/nft',
    'sbin/iptables',
    'sbin/conntrack',
  ])
    await writeFile(join(root, 'usr', program), '', { mode: 0o755 });
  await isRefuted(t, programsProof(root), /no Docker Compose/);
  await writeFile(join(root, 'usr/bin/docker-compose'), '', { mode: 0o755 });
  await holds(t, programsProof(root));
});

test('a configuration that would be refused, an image that is missing and a wrong profile are refuted', async (t) => {
  const root = await folder(t);
  const paths = appliancePaths(root);
  await isRefuted(t, configProof(paths), /no such file/);
  await mkdir(join(root, 'etc/appliance-agent/profiles.d'), { recursive: true });
  await writeFile(paths.config, 'netwrok: {}\n');
  await isRefuted(t, configProof(paths), /netwrok/);
  await writeFile(paths.config, 'stack: embedded\n');
  await holds(t, configProof(paths));

  await isRefuted(t, imagesProof(paths), /there is no .*images\.json/);

  await holds(t, profilesProof(paths, PROJECT));
  await writeFile(join(paths.profileOverrides, 'wrong.yaml'), 'name: 1\n');
  await isRefuted(t, profilesProof(paths, PROJECT), /wrong\.yaml/);
});

testWhen(needs({ root: true, commands: ['nft', 'unshare'] }))(
  'nft itself takes the rules of the first moment of a boot',
  async (t) => {
    const paths = appliancePaths(await folder(t));
    await mkdir(dirname(paths.config), { recursive: true });
    await writeFile(paths.config, 'stack: embedded\n');
    const check = await toCheck(rulesProof(paths, systemClock().now()));
    t.is(check.state, 'ok', check.evidence);
    t.regex(check.evidence, /^nft \d+\.\d+\.\d+ takes the table/);
  },
);
