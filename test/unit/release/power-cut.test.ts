import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import { run } from '../../../agent/system/processes.ts';

const PARTS = resolve(import.meta.dirname, '../../../agent/release/install');

/**
 * Bundles of a release with one image each, an installer that is killed at its nth `mv`, by which it puts everything in
 * its place, and what is in force then.
 */
const PRELUDE = `set -eu
  for name in places terminal files bundle images release; do . ${PARTS}/$name.sh; done
  scratch=$root log=/dev/null moves=0
  sync() { :; }
  mv() {
    moves=$((moves + 1))
    [ "$moves $moment" != "$cut before" ] || kill -KILL $$
    command mv "$@"
    [ "$moves $moment" != "$cut after" ] || kill -KILL $$
  }
  offer() {
    clone=$root/$1
    mkdir -p "$clone/release" "$clone/images"
    printf '"archive": "sfu-%s.tar"\\n' "$2" >"$clone/release/images.json"
    echo "$2" >"$clone/images/sfu-$2.tar"
    echo "$1" >"$clone/release/VERSION"
    (cd "$clone/release" && sha256sum VERSION images.json >SHA256SUMS)
  }
  install() { total_steps=2; step Images place_archives; step Release place_release; }
  in_force() {
    release_whole "$current" || echo damaged
    cmp "$current/images.json" "$images/images/images.json" || echo 'the images of another release'
    [ -e "$images/images/$(cut -d'"' -f4 "$images/images/images.json")" ] || echo 'an archive is missing'
    cat "$current/VERSION"
  }
`;

test('the power may go at any step of an upgrade: programs and images are those of one whole release', async (t) => {
  const seen = new Map<string, string>();
  for (let cut = 1; ; cut += 1) {
    for (const moment of ['before', 'after']) {
      const root = await mkdtemp(join(tmpdir(), 'aa-cut-'));
      const sh = (at: number, script: string) =>
        run('sh', ['-c', `root=${root} cut=${at} moment=${moment}\n${PRELUDE}\n${script}`], {
          timeoutMs: 20_000,
        });
      const first = await sh(0, 'offer one aaaaaaaaaaaa; install');
      t.is(first.exitCode, 0, first.stderr);
      const { exitCode } = await sh(cut, 'offer two bbbbbbbbbbbb; install');
      const after = (await sh(0, 'in_force')).stdout;
      t.regex(after, /^(one|two)\n$/, `${moment} ${cut}`);
      seen.set(`${moment} ${cut}`, exitCode === null ? after.trim() : 'not cut off');
      const finished = await sh(0, 'offer two bbbbbbbbbbbb; install >/dev/null; in_force');
      t.is(finished.stdout, 'two\n', finished.stderr);
      await rm(root, { recursive: true });
    }
    if (seen.get(`before ${cut}`) === 'not cut off') break;
  }
  t.log([...seen].map((entry) => entry.join(': ')).join(', '));
  t.deepEqual(new Set(seen.values()), new Set(['one', 'two', 'not cut off']));
});

test('a list of images that an operator imported outlives an upgrade', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'aa-cut-'));
  t.teardown(() => rm(root, { recursive: true }));
  const result = await run(
    'sh',
    [
      '-c',
      `root=${root} cut=0 moment=never\n${PRELUDE}
      offer one aaaaaaaaaaaa; install; readlink "$images/images/images.json"
      rm "$images/images/images.json"; echo '"archive": "livekit.tar"' >"$images/images/images.json"
      offer two bbbbbbbbbbbb; step_number=0; install; cat "$images/images/images.json" "$current/VERSION"`,
    ],
    { timeoutMs: 20_000 },
  );
  t.regex(
    result.stdout,
    /^\.\.\/\.\.\/\.\.\/\.\.\/opt\/appliance-agent\/current\/images\.json$/m,
    result.stderr,
  );
  t.true(result.stdout.endsWith('"archive": "livekit.tar"\ntwo\n'), result.stdout);
});
