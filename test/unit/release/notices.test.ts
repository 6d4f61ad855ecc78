import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { writeNotices } from '../../../agent/release/notices.ts';

/** A project with these packages, and those that every release copies. */
async function project(
  t: ExecutionContext,
  packages: Record<string, Record<string, string>>,
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'aa-notices-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const copied = {
    LICENSE: 'Terms\n',
    'package.json': '{"name":"copied","version":"1.0.0","license":"MIT"}',
  };
  const all = {
    'node_modules/better-sqlite3': copied,
    [`node_modules/node-linux-${process.arch}`]: copied,
    ...packages,
  };
  for (const [folder, files] of Object.entries(all)) {
    await mkdir(join(directory, folder), { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, folder, name), text);
  }
  return directory;
}

test('the notices have every text of terms that a package ships, also of a nested one', async (t) => {
  const nested = 'node_modules/a/node_modules/@scope/b';
  const directory = await project(t, {
    [nested]: {
      'package.json': '{"name":"@scope/b","version":"2.0.0","license":"Apache-2.0"}',
      'LICENCE.md': 'The terms of b\n',
      NOTICE: 'Made by somebody\n',
      'README.md': 'not terms\n',
    },
  });
  await writeNotices(directory, new Set([nested]), directory);
  const text = await readFile(join(directory, 'THIRD-PARTY-NOTICES.txt'), 'utf8');
  t.true(text.includes('@scope/b 2.0.0\nLicence: Apache-2.0\n\nThe terms of b\n\nMade by somebody\n'));
  t.false(text.includes('not terms'));
});

for (const [what, files, message] of [
  [
    'no licence',
    { 'package.json': '{"name":"x","version":"1.0.0"}', LICENSE: 'x' },
    /x 1\.0\.0 declares no licence/,
  ],
  [
    'no text of its licence',
    { 'package.json': '{"name":"x","version":"1.0.0","license":"MIT"}' },
    /x 1\.0\.0 \(MIT\) ships no text/,
  ],
] as const) {
  test(`a package with ${what} ends the build`, async (t) => {
    const directory = await project(t, { 'node_modules/x': files });
    await t.throwsAsync(writeNotices(directory, new Set(['node_modules/x']), directory), { message });
  });
}

test('terms that a package has only in the heads of its sources are taken from there, with the text that they refer to', async (t) => {
  const folder = 'node_modules/@bufbuild/protobuf';
  const directory = await project(t, {
    [folder]: {
      'package.json': '{"name":"@bufbuild/protobuf","version":"1.0.0","license":"Apache-2.0 AND BSD"}',
    },
    [`${folder}/dist/esm`]: {
      'message.js': '// Licensed under Apache\n/** code */\nexport class Message {}\n',
    },
    [`${folder}/dist/esm/google`]: { 'varint.js': '// Copyright 2008\n//\n// Terms of varint\ncode();\n' },
    '.': { LICENSE: 'The whole text of Apache-2.0\n' },
  });
  await writeNotices(directory, new Set([folder]), directory);
  const notices = await readFile(join(directory, 'THIRD-PARTY-NOTICES.txt'), 'utf8');
  for (const text of [
    'Licensed under Apache\n',
    'Copyright 2008\n\nTerms of varint\n',
    'The whole text of Apache-2.0',
  ]) {
    t.true(notices.includes(text), text);
  }
  t.false(notices.includes('code'));
});
