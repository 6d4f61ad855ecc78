import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { type TarEntry, tarSize, tarStream } from '../../../agent/system/tar.ts';

async function folder(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'aa-tar-'));
  t.teardown(() => rm(path, { recursive: true }));
  return path;
}

async function bytesOf(entries: readonly TarEntry[]): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of tarStream(entries)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test('tar itself unpacks what was written, with content and modes', async (t) => {
  const here = await folder(t);
  await writeFile(join(here, 'source'), Buffer.alloc(70_000, 'binary'));
  const entries: TarEntry[] = [
    { kind: 'directory', path: 'usr', mode: 0o755 },
    { kind: 'directory', path: 'tmp', mode: 0o1777 },
    { kind: 'text', path: 'usr/empty', mode: 0o600, text: '' },
    { kind: 'text', path: 'usr/text', mode: 0o644, text: 'grüße\n' },
    { kind: 'file', path: 'usr/program', mode: 0o755, source: join(here, 'source'), size: 70_000 },
  ];
  await writeFile(join(here, 'out.tar'), await bytesOf(entries));
  const { stderr } = await promisify(execFile)('tar', ['-xpf', 'out.tar'], { cwd: here });
  t.is(stderr, '');
  t.is(await readFile(join(here, 'usr/text'), 'utf8'), 'grüße\n');
  t.is((await stat(join(here, 'usr/empty'))).size, 0);
  t.true((await readFile(join(here, 'usr/program'))).equals(await readFile(join(here, 'source'))));
  t.is((await stat(join(here, 'usr/program'))).mode & 0o7777, 0o755);
  t.is((await stat(join(here, 'tmp'))).mode & 0o7777, 0o1777);
  t.is((await stat(join(here, 'usr/program'))).mtimeMs, 0);
});

test('the size that is announced is the size that is written', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ maxLength: 1100 }), { maxLength: 5 }), async (texts) => {
      const entries = texts.map(
        (text, index): TarEntry => ({ kind: 'text', path: `f${index}`, mode: 0o644, text }),
      );
      t.is((await bytesOf(entries)).length, tarSize(entries));
    }),
    { numRuns: 50 },
  );
});

test('neither the time of a file nor its mode on disk shows in the bytes', async (t) => {
  const here = await folder(t);
  const source = join(here, 'source');
  const entries: TarEntry[] = [{ kind: 'file', path: 'x', mode: 0o644, source, size: 3 }];
  await writeFile(source, 'abc');
  const before = await bytesOf(entries);
  await rm(source);
  await writeFile(source, 'abc');
  await chmod(source, 0o777);
  t.true((await bytesOf(entries)).equals(before));
});

test('a file that grows while it is read is an error, not a broken archive', async (t) => {
  const here = await folder(t);
  const source = join(here, 'source');
  await writeFile(source, 'longer than announced');
  await t.throwsAsync(bytesOf([{ kind: 'file', path: 'x', mode: 0o644, source, size: 3 }]), {
    message: 'x changed while it was read: 21 bytes, not 3',
  });
});

test('tar finds a long path by the two parts of its name', async (t) => {
  const here = await folder(t);
  const path = `${'folder/'.repeat(20)}${'n'.repeat(90)}`;
  await writeFile(join(here, 'out.tar'), await bytesOf([{ kind: 'text', path, mode: 0o644, text: 'far' }]));
  await promisify(execFile)('tar', ['-xf', 'out.tar'], { cwd: here });
  t.is(await readFile(join(here, path), 'utf8'), 'far');
});

test('a path that does not fit is an error, not cut off', async (t) => {
  const path = 'x'.repeat(101);
  await t.throwsAsync(bytesOf([{ kind: 'text', path, mode: 0o644, text: '' }]), { message: /too long/ });
});
