import test from 'ava';
import fc from 'fast-check';
import { readLines } from '../../../agent/system/lines.ts';

async function* inChunks(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (const size of sizes) {
    yield bytes.subarray(at, at + size);
    at += size;
  }
  yield bytes.subarray(at);
}

async function collect(lines: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const line of lines) found.push(line);
  return found;
}

test('lines are the same however the stream is cut, inside a character too', async (t) => {
  const line = fc.string({ unit: 'grapheme' }).map((text) => `{"x":${JSON.stringify(text)}}`);
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.nat({ max: 9 })), async (lines, sizes) => {
      const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
      t.deepEqual(await collect(readLines(inChunks(bytes, sizes), 10_000)), lines);
    }),
    { numRuns: 200 },
  );
});

test('empty lines are skipped, and what the stream broke off is not a line', async (t) => {
  t.deepEqual(await collect(readLines(inChunks(Buffer.from('{"a":1}\n\r\n\n{"b":2}\n{"c":'), []), 100)), [
    '{"a":1}',
    '{"b":2}',
  ]);
});

test('a line without an end is given up at the limit', async (t) => {
  async function* endless() {
    for (;;) yield Buffer.alloc(64, 'x');
  }
  await t.throwsAsync(collect(readLines(endless(), 1000)), {
    code: 'LINE_TOO_LONG',
    message: /1000 characters/,
  });
});

test('lines that came before a broken stream are not lost', async (t) => {
  async function* breaking() {
    yield Buffer.from('first\nsecond\nthi');
    throw new Error('cut');
  }
  const found: string[] = [];
  await t.throwsAsync(
    async () => {
      for await (const line of readLines(breaking(), 100)) found.push(line);
    },
    { message: 'cut' },
  );
  t.deepEqual(found, ['first', 'second']);
});
