import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import * as z from 'zod';
import { profileJsonSchema } from '../../../agent/hardware/json-schema.ts';

const profiles = resolve(import.meta.dirname, '../../../firmware-profiles');

test('the schema beside the profiles is that of the agent; npm run schemas writes it', async (t) => {
  t.deepEqual(JSON.parse(await readFile(join(profiles, 'profile.schema.json'), 'utf8')), profileJsonSchema());
});

test('every profile of the release names it, and an editor finds no mistake in any', async (t) => {
  const editor = z.fromJSONSchema(profileJsonSchema());
  for (const name of (await readdir(profiles)).filter((file) => file.endsWith('.yaml'))) {
    const text = await readFile(join(profiles, name), 'utf8');
    t.true(text.startsWith('# yaml-language-server: $schema=profile.schema.json\n'), name);
    t.true(editor.safeParse(parse(text)).success, name);
  }
});

test('an editor marks a setting that is not known', (t) => {
  const editor = z.fromJSONSchema(profileJsonSchema());
  t.false(editor.safeParse({ name: 'a', description: 'd', settings: { governer: 'performance' } }).success);
});
