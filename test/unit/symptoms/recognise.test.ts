import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { CONDITIONS } from '../../../agent/conditions/index.ts';
import { recognise } from '../../../agent/symptoms/recognise.ts';
import { SYMPTOMS } from '../../../agent/symptoms/symptoms.ts';
import { LINES, ours, TOKEN } from './lines.ts';

for (const { service, line, told } of LINES) {
  const what = told === null ? 'is nobody’s trouble' : `is ${told.join(': ')}`;
  test(`${what}: ${service} says ${line.slice(-200)}`, (t) => {
    const found = recognise(service, line, ours);
    t.deepEqual(found && [found.code, found.evidence], told);
  });
}

test('nothing is found in what services write when all is well', async (t) => {
  const text = await readFile(join(import.meta.dirname, 'recorded/harmless.tsv'), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '');
  t.true(lines.length > 50);
  for (const line of lines) {
    const [service = '', ...said] = line.split('\t');
    t.is(recognise(service, said.join('\t'), ours), null, line);
  }
});

test('a service is not believed what another one says', (t) => {
  for (const { service, line, told } of LINES) {
    const others = ['livekit', 'lk-jwt', 'coturn', 'traefik', 'tuwunel'].filter((name) => name !== service);
    for (const other of others) t.is(recognise(other, line, ours), null, `${other}: ${told}`);
  }
});

test('whatever stands around the known words: no token, and nothing long, gets into the evidence', (t) => {
  const around = fc.string({ maxLength: 300 });
  const property = fc.property(
    fc.constantFrom(...LINES),
    around,
    around,
    ({ service, line }, before, after) => {
      const said = `${before}${TOKEN}${line}${TOKEN}${after}`.replaceAll('\n', '');
      const { evidence = '' } = recognise(service, said, ours) ?? {};
      return !evidence.includes(TOKEN) && evidence.length < 250;
    },
  );
  t.notThrows(() => fc.assert(property, { numRuns: 2_000 }));
});

test('every failure that is recognised can be explained, by its code and by the words of others', (t) => {
  for (const { code } of SYMPTOMS) {
    const condition = CONDITIONS.find((candidate) => candidate.code === code);
    t.truthy(condition?.seenAs?.length, code);
  }
});
