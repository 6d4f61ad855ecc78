import { stat } from 'node:fs/promises';
import test from 'ava';
import { parseLdd, sharedLibraries } from '../../../agent/release/images/libraries.ts';
import { run } from '../../../agent/system/processes.ts';

test('the libraries of a program are found with its loader', (t) => {
  const output = `
	linux-vdso.so.1 (0x00007ffc2bdf2000)
	libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f20f9320000)
	libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f20f913e000)
	/lib64/ld-linux-x86-64.so.2 (0x00007f20f96b0000)
`;
  t.deepEqual(parseLdd(output, 'x'), [
    { name: '/lib64/ld-linux-x86-64.so.2', path: '/lib64/ld-linux-x86-64.so.2' },
    { name: 'libc.so.6', path: '/lib/x86_64-linux-gnu/libc.so.6' },
    { name: 'libm.so.6', path: '/lib/x86_64-linux-gnu/libm.so.6' },
  ]);
});

test('a library that is not there is named', (t) => {
  t.throws(() => parseLdd('\tlibhiredis.so.0.14 => not found\n', '/usr/bin/turnserver'), {
    code: 'IMAGE_SOURCE_MISSING',
    message: '/usr/bin/turnserver does not run on this machine: libhiredis.so.0.14 => not found',
  });
});

test('a program without libraries is not taken for one that has none missing', (t) => {
  t.throws(() => parseLdd('\tstatically linked\n', 'x'), { code: 'IMAGE_SOURCE_MISSING' });
});

test('what ldd of this machine says of this Node.js is understood, and every file is there', async (t) => {
  const libraries = await sharedLibraries(run, process.execPath);
  t.true(libraries.some(({ name }) => name === 'libc.so.6'));
  t.true(libraries.some(({ name }) => /\/ld-linux/.test(name)));
  for (const { path } of libraries) t.true((await stat(path)).size > 0, path);
});

test('a program that is not there is an error with its name', async (t) => {
  await t.throwsAsync(sharedLibraries(run, '/nonexistent/turnserver'), {
    code: 'IMAGE_SOURCE_MISSING',
    message: /\/nonexistent\/turnserver/,
  });
});
