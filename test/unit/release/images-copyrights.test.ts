import { access } from 'node:fs/promises';
import test from 'ava';
import { copyrightFiles, parseSearch } from '../../../agent/release/images/copyrights.ts';
import { run } from '../../../agent/system/processes.ts';
import { needs, testWhen } from '../../support/needs.ts';

test('packages are read from what dpkg prints, once each, without diversions', (t) => {
  const output =
    'libc6:amd64: /usr/lib/x86_64-linux-gnu/libc.so.6\ncoturn: /usr/bin/turnserver\ncoturn: /usr/bin/turnadmin\n' +
    'diversion by dash from: /bin/sh\n';
  t.deepEqual(parseSearch(output), ['coturn', 'libc6']);
});

testWhen(needs({ commands: ['dpkg-query'] }))(
  'the copyright file of a program’s package is found on either side of the merged /usr',
  async (t) => {
    const files = await copyrightFiles(run, ['/bin/cat', import.meta.filename]);
    t.deepEqual(files, ['/usr/share/doc/coreutils/copyright']);
    for (const file of files) await t.notThrowsAsync(access(file));
  },
);
