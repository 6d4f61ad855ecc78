import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { coturnSource, livekitSource } from '../../../agent/release/images/sources.ts';
import { run } from '../../../agent/system/processes.ts';

test('the stand-in is named after its Node.js, and its script stands where the image starts it', async (t) => {
  const { service, repository, version, entrypoint, layer } = await livekitSource(
    run,
    process.execPath,
    import.meta.filename,
  );
  t.is(
    `${service} ${repository}:${version}`,
    `livekit appliance-agent/livekit-standin:node${process.versions.node}`,
  );
  const paths = layer.map(({ path }) => `/${path}`);
  for (const file of entrypoint.filter((word) => word.startsWith('/'))) t.true(paths.includes(file), file);
});

test('without coturn the error says which package to install', async (t) => {
  const error = await t.throwsAsync(coturnSource(run, '/nonexistent/turnserver'), {
    code: 'IMAGE_SOURCE_MISSING',
    message: 'there is no /nonexistent/turnserver to make an image from',
  });
  t.regex((error as unknown as { hint: string }).hint, /apt-get install coturn/);
});

test('a program that does not tell its version is not made into an image', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'aa-sources-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const program = join(folder, 'turnserver');
  await writeFile(program, '#!/bin/sh\necho hello\n');
  await chmod(program, 0o755);
  await t.throwsAsync(coturnSource(run, program), {
    code: 'IMAGE_SOURCE_MISSING',
    message: /does not print a version/,
  });
});
