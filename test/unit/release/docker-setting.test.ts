import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ExecutionContext } from 'ava';
import { run } from '../../../agent/system/processes.ts';
import { needs, testWhen } from '../../support/needs.ts';

// In a network of its own: there the only engine is the one of the test.
const test = testWhen(needs({ root: true, commands: ['unshare'] }));
const PROJECT = resolve(import.meta.dirname, '../../..');
const PARTS = join(PROJECT, 'agent/release/install');
const NFTABLES = '{\n  "log-driver": "journald",\n  "firewall-backend": "nftables"\n}\n';
const LINE = '"bridge-accept-fwmark": "0x200000/0x200000"';

/** Stands for dockerd, by its name; Debian has none that knows the setting. */
const DOCKERD = `#!/bin/sh
[ "$1" != --validate ] || exit $REFUSES
while :; do sleep 0.1; done
`;

/** What stands for the rest of the installer: the engine is this installer's own, and starting it anew is told. */
const AROUND = `
  did() { echo "did: $1"; }; already() { echo "already: $1"; }; note() { echo "removed $1"; }
  fail() { echo "fail: $1; next: $2"; exit 69; }
  has_systemd() { return 1; }; process_runs() { :; }; stop_process() { :; }; launch_engine() { echo restarted; }
  run() { shift; "$@"; }; doing() { :; }`;

/** A machine with an engine that was told its configuration; `sh` runs words of the installer there. */
async function machine(t: ExecutionContext, daemonJson: string | null) {
  const directory = await mkdtemp(join(tmpdir(), 'aa-docker-setting-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const path = join(directory, 'docker/daemon.json');
  for (const name of ['bin', 'docker', 'scratch', 'state']) await mkdir(join(directory, name));
  await symlink(process.execPath, join(directory, 'bin/node'));
  await writeFile(
    join(directory, 'docker-setting.js'),
    `import ${JSON.stringify(join(PROJECT, 'agent/release/docker-setting.ts'))};`,
  );
  await writeFile(join(directory, 'dockerd'), DOCKERD, { mode: 0o755 });
  if (daemonJson !== null) await writeFile(path, daemonJson, { mode: 0o640 });
  return {
    path,
    text: () => readFile(path, 'utf8'),
    async sh(words: string, options = '') {
      const script = `set -eu; PATH=${directory}:$PATH; parts=${PARTS}
        . "$parts/places.sh"; . "$parts/docker-setting.sh"; ${AROUND}
        current=${directory} scratch=${directory}/scratch log=/dev/null docker_setting=${directory}/state/docker-setting
        allow_daemon_json=yes; export REFUSES=0
        dockerd --config-file=${path} ${options} & engine=$!; trap 'kill $engine' EXIT
        ${words}`;
      const { stdout, stderr } = await run('unshare', ['-n', 'sh', '-c', script], { timeoutMs: 20_000 });
      return stdout + stderr;
    },
    left: async () => [
      ...(await readdir(join(directory, 'docker'))),
      ...(await readdir(join(directory, 'state'))),
    ],
  };
}

test('with consent the setting is added, the engine started anew, and removal gives back what was there', async (t) => {
  const here = await machine(t, NFTABLES);
  t.regex(
    await here.sh('allow_mark'),
    /^restarted\ndid: added to \S+daemon\.json, Docker started anew \(before: /,
  );
  t.is(await here.text(), NFTABLES.replace('{', `{\n  ${LINE},`));
  t.is((await stat(here.path)).mode & 0o777, 0o640);
  t.regex(await here.sh('allow_mark'), /^already: not needed: \S+daemon\.json has it already$/m);
  t.regex(await here.sh('revert_docker_setting'), /^removed the setting in \S+daemon\.json/);
  t.is(await here.text(), NFTABLES);
  t.deepEqual(await here.left(), ['daemon.json']);
  t.is(await here.sh('revert_docker_setting'), '');
});

test('where there was no file, there is none again', async (t) => {
  const here = await machine(t, null);
  const told = '--firewall-backend=nftables';
  t.regex(await here.sh('allow_mark', told), /^restarted$/m);
  t.deepEqual(JSON.parse(await here.text()), JSON.parse(`{${LINE}}`));
  await here.sh('revert_docker_setting', told);
  t.deepEqual(await here.left(), []);
});

test('what others changed since is kept when the setting is taken out', async (t) => {
  const here = await machine(t, NFTABLES);
  await here.sh('allow_mark');
  await writeFile(here.path, (await here.text()).replace('journald', 'local'));
  t.regex(await here.sh('revert_docker_setting'), /which was changed since/);
  t.is(await here.text(), NFTABLES.replace('journald', 'local'));
});

test('without consent nothing is changed, and the exact line is named', async (t) => {
  const here = await machine(t, NFTABLES);
  const said = await here.sh('allow_daemon_json=no; allow_mark');
  t.regex(said, /^already: needed and not allowed: \S+daemon\.json lacks /);
  t.true(said.includes(LINE), said);
  t.is(await here.text(), NFTABLES);
  t.deepEqual(await here.left(), ['daemon.json']);
});

test('an engine that keeps its rules with iptables does not need it', async (t) => {
  const here = await machine(t, '{"log-driver": "journald"}');
  t.is(await here.sh('allow_mark'), 'already: not needed: Docker keeps its rules with iptables\n');
});

test('what is not JSON is refused with its line, and left alone', async (t) => {
  const wrong = '{\n  "firewall-backend": "nftables"\n  "log-driver": "secret"\n}\n';
  const here = await machine(t, wrong);
  const said = await here.sh('allow_mark');
  t.regex(said, /^fail: \S+daemon\.json:3 is not valid JSON; next: .*dockerd --validate/);
  t.false(said.includes('secret'));
  t.regex(
    await here.sh('allow_daemon_json=no; allow_mark'),
    /^already: not known: \S+:3 is not valid JSON$/m,
  );
  t.is(await here.text(), wrong);
});

test('a setting that dockerd does not accept is not put in place', async (t) => {
  const here = await machine(t, NFTABLES);
  t.regex(await here.sh('REFUSES=1; allow_mark'), /^fail: dockerd does not accept .*nothing was changed/m);
  t.is(await here.text(), NFTABLES);
  t.deepEqual(await here.left(), ['daemon.json']);
});

test('a run that was cut short before the engine was started anew does so when it is run again', async (t) => {
  const here = await machine(t, NFTABLES);
  await here.sh('launch_engine() { exit 1; }; allow_mark');
  t.true((await here.text()).includes(LINE));
  t.regex(await here.sh('allow_mark'), /^restarted\ndid: added/);
  t.regex(await here.sh('allow_mark'), /^already: not needed/);
});
