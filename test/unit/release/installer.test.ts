import { access, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import { run } from '../../../agent/system/processes.ts';
import { needs, testWhen } from '../../support/needs.ts';

const PROJECT = resolve(import.meta.dirname, '../../..');
const INSTALLER = join(PROJECT, 'install.sh');
const PARTS = join(PROJECT, 'agent/release/install');

/** As an ordinary user: when the tests run as root, as nobody. */
function asUser(...args: string[]) {
  const words = ['sh', INSTALLER, ...args];
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
  const [command = '', ...rest] = process.getuid?.() === 0 ? [...nobody, ...words] : words;
  return run(command, rest, { timeoutMs: 10_000 });
}

test('without a mode the installer prints its usage and exits 64', async (t) => {
  const { exitCode, stderr } = await asUser();
  t.is(exitCode, 64);
  t.regex(stderr, /^Usage: sudo \.\/install\.sh --live/);
});

test('--help explains every argument and exits 0', async (t) => {
  const { exitCode, stdout } = await asUser('--help');
  t.is(exitCode, 0);
  const named =
    '--live --demo --root --offline --dry-run --check --json --allow-daemon-json --rollback --uninstall --purge --help';
  for (const argument of named.split(' ')) t.true(stdout.includes(argument), argument);
});

for (const args of [
  ['--demmo'],
  ['--demo', '--uninstall'],
  ['--uninstall', '--demo'],
  ['--demo', '--purge'],
  ['--purge'],
  ['--uninstall', '--allow-daemon-json'],
  ['--root'],
  ['--root', '/nonexistent'],
  ['--root', '/'],
  ['--rollback', '--live'],
  ['--uninstall', '--dry-run'],
]) {
  test(`"${args.join(' ')}" is refused with exit status 64, before anything is done`, async (t) => {
    const { exitCode, stderr } = await asUser(...args);
    t.is(exitCode, 64);
    t.not(stderr, '');
  });
}

for (const mode of ['--live', '--demo', '--rollback', '--uninstall']) {
  test(`${mode} without root exits 77 and says how to run it`, async (t) => {
    const { exitCode, stderr } = await asUser(mode);
    t.is(exitCode, 77);
    t.true(stderr.includes(`sudo ./install.sh ${mode}`));
  });
}

test('the installer is POSIX sh: dash parses every part', async (t) => {
  const parts = (await readdir(PARTS)).map((name) => join(PARTS, name));
  for (const file of [INSTALLER, ...parts]) {
    const { exitCode, stderr } = await run('dash', ['-n', file], { timeoutMs: 10_000 });
    t.is(exitCode, 0, stderr);
  }
});

testWhen(needs({ commands: ['shellcheck'] }))('shellcheck has nothing to say', async (t) => {
  const files = ['install.sh', 'agent/release/install/fetch-compose.sh'];
  const result = await run('shellcheck', ['--external-sources', ...files], {
    timeoutMs: 60_000,
    cwd: PROJECT,
  });
  t.is(result.stdout, '');
  t.is(result.exitCode, 0);
});

/** Runs a part of the installer in a shell of its own, on a machine that it must not change. */
function part(name: string, script: string) {
  const load = `set -eu; parts=${PARTS}; . "$parts/places.sh"; . "$parts/terminal.sh"; . "$parts/${name}.sh"`;
  return run('sh', ['-c', `${load}\n${script}`], { timeoutMs: 20_000 });
}

// In a network of its own: there the port is free, and its holder is ours.
testWhen(needs({ root: true, commands: ['unshare'] }))(
  'a port that somebody holds is refused with the name of its process',
  async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'aa-port-'));
    const script = `
    parts=${PARTS}; . "$parts/places.sh"; . "$parts/terminal.sh"; . "$parts/machine.sh"
    scratch=${directory} log=${directory}/log
    docker_cli() { return 1; }
    check_port udp 7882 && echo free
    node -e 'require("dgram").createSocket("udp4").bind(7882, () => console.log("bound"))' >${directory}/bound & holder=$!
    trap 'kill $holder' EXIT
    for i in 1 2 3 4 5 6 7 8 9 10; do grep -q bound ${directory}/bound && break; sleep 0.5; done
    check_port udp 7882`;
    const result = await run('unshare', ['-n', 'sh', '-c', script], { timeoutMs: 20_000 });
    t.is(result.exitCode, 69);
    t.regex(result.stdout, /^free$/m);
    t.regex(result.stderr, /Port 7882\/udp is in use by node \(pid \d+\)/);
    await rm(directory, { recursive: true });
  },
);

testWhen(needs({ commands: ['script'] }))(
  'on a terminal a step ends as one line, and its spinner ends with it',
  async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'aa-terminal-'));
    const file = join(directory, 'steps.sh');
    const load = `set -eu; parts=${PARTS}; . "$parts/places.sh"; . "$parts/terminal.sh"`;
    const steps = `${load}; scratch=${directory} log=${directory}/log; : >$log; total_steps=2
    one() { first_spinner=$spinner; doing 'the first thing'; sleep 1; did 'done the first'; }
    two() { already 'there'; }
    step One one
    ! kill -0 $first_spinner 2>/dev/null || echo 'the spinner still runs'
    step Two two; echo "changes $changes"`;
    await writeFile(file, steps);
    const { stdout } = await run('script', ['-qec', `sh ${file}`, '/dev/null'], {
      timeoutMs: 20_000,
      env: { TERM: 'xterm' },
    });
    t.true(stdout.includes('the first thing'));
    // What stays on the screen of each line: what was printed after the last return to its beginning.
    const lines = stdout
      .trimEnd()
      .split(/\r?\n/)
      .map((line) => line.split('\r').at(-1)?.replaceAll('\u001b[K', ''));
    t.deepEqual(lines, ['[ 1/2] One … done the first', '[ 2/2] Two … there', 'changes 1']);
    await rm(directory, { recursive: true });
  },
);

test('what is reported as JSON is JSON, whatever is in it', async (t) => {
  const detail = `${String.raw`a "quoted" \path`}\nsecond line\twith a tab`;
  const result = await part(
    'terminal',
    `report_json step 'One' changed yes detail "$(cat <<'TEXT'\n${detail}\nTEXT\n)"`,
  );
  t.deepEqual(JSON.parse(result.stdout), {
    step: 'One',
    changed: true,
    detail: `${String.raw`a "quoted" \path`}\nsecond linewith a tab`,
  });
});

test('a dry run notes what a step would do, and the step goes no further', async (t) => {
  const script = `scratch=$(mktemp -d) log=/dev/null dry_run=yes total_steps=1
    one() { would 'do it' && return; echo done; did 'done'; }
    step One one; echo "$changes"; rm -r "$scratch"`;
  t.is((await part('terminal', script)).stdout, '[ 1/1] One … would do it\n1\n');
});

test('there is no going back to the release that is in force, nor to one that is damaged', async (t) => {
  const product = await mkdtemp(join(tmpdir(), 'aa-back-'));
  t.teardown(() => rm(product, { recursive: true }));
  const goBack = () =>
    part(
      'release',
      `. "$parts/bundle.sh"; . "$parts/files.sh"; . "$parts/images.sh"
      product=${product} releases=${product}/releases current=${product}/current previous=${product}/previous
      images=${product}/images image_list=${product}/images/images/images.json agentctl=${product}/agentctl banner=${product}/banner
      scratch=$(mktemp -d) log=/dev/null total_steps=1; step Release go_back; rm -r "$scratch"; readlink "$current" "$previous"`,
    );
  const release = (name: string) =>
    `mkdir -p ${product}/releases/${name} && cd ${product}/releases/${name} && echo ${name} >VERSION && sha256sum VERSION >SHA256SUMS`;
  const link = (name: string, target: string) => `ln -sfn releases/${target} ${product}/${name}`;
  await run('sh', ['-c', `${release('one')} && ${link('current', 'one')}`], { timeoutMs: 10_000 });
  t.regex((await goBack()).stderr, /There is no release to go back to/);
  await run('sh', ['-c', link('previous', 'one')], { timeoutMs: 10_000 });
  t.regex((await goBack()).stderr, /There is no release to go back to/);
  await run('sh', ['-c', `${release('two')} && ${link('current', 'two')}`], { timeoutMs: 10_000 });
  t.regex((await goBack()).stdout, /one \(before: two\)\nreleases\/one\nreleases\/two\n$/);
  await writeFile(join(product, 'releases/two/VERSION'), 'changed\n');
  t.regex((await goBack()).stderr, /The release two is damaged/);
});

test('replacing a link leaves no moment without it and nothing beside it', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'aa-link-'));
  const result = await part(
    'files',
    `replace_link one ${directory}/current; replace_link two ${directory}/current; readlink ${directory}/current`,
  );
  t.is(result.stdout, 'two\n', result.stderr);
  t.deepEqual(await readdir(directory), ['current']);
  await rm(directory, { recursive: true });
});

test('the hash of the sources changes with a source file, and not with the tests', async (t) => {
  const clone = await mkdtemp(join(tmpdir(), 'aa-clone-'));
  const names =
    'agent migrations units firmware-profiles docs package.json package-lock.json tsconfig.json LICENSE install.sh';
  await run('sh', ['-c', `cd ${PROJECT} && cp -R ${names} ${clone}`], { timeoutMs: 20_000 });
  const hash = async () => (await part('build', `clone=${clone}; sources_hash`)).stdout;
  const first = await hash();
  t.regex(first, /^[0-9a-f]{64}\n$/);
  await run('sh', ['-c', `mkdir ${clone}/test && echo x >${clone}/test/x`], { timeoutMs: 10_000 });
  t.is(await hash(), first);
  await run('sh', ['-c', `echo >>${clone}/agent/release/build.ts`], { timeoutMs: 10_000 });
  t.not(await hash(), first);
  await access(join(clone, 'LICENSE'));
  await rm(clone, { recursive: true });
});
