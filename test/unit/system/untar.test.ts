import { text } from 'node:stream/consumers';
import test from 'ava';
import { tarStream } from '../../../agent/system/tar.ts';
import { untar } from '../../../agent/system/untar.ts';

const FILES: readonly (readonly [path: string, content: string])[] = [
  ['manifest.json', '{}'],
  ['state/empty', ''],
  [`state/${'d'.repeat(90)}/${'f'.repeat(90)}`, 'x'.repeat(512)],
  ['state/long', 'y'.repeat(100_000)],
];
const packed = async () => {
  const entries = FILES.map(
    ([path, content]) => ({ kind: 'text', path, mode: 0o600, text: content }) as const,
  );
  return Buffer.concat(await chunksOf(tarStream(entries)));
};

async function chunksOf(stream: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

/** As it comes from a disk or a network: in pieces that end anywhere. */
async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(stream: AsyncIterable<Uint8Array>) {
  const files: [string, string][] = [];
  for await (const { path, size, content } of untar(stream)) {
    const whole = await text(content);
    if (whole.length !== size) throw new Error('of another size than it says');
    files.push([path, whole]);
  }
  return files;
}

for (const size of [1, 511, 512, 4096, 1_000_000]) {
  test(`what was packed is read, in pieces of ${size} bytes`, async (t) => {
    t.deepEqual(
      await read(inPieces(await packed(), size)),
      FILES.map(([path, content]) => [path, content]),
    );
  });
}

test('an archive that is cut anywhere is refused', async (t) => {
  const bytes = await packed();
  for (const length of [0, 100, 512, 514, 1024, 5_000, bytes.length - 1024]) {
    await t.throwsAsync(read(inPieces(bytes.subarray(0, length), 4096)), { message: /ends too early/ });
  }
});

test('what is no tar file, or holds more than files, is refused', async (t) => {
  const other = Buffer.from('not a tar file '.repeat(1_000));
  await t.throwsAsync(read(inPieces(other, 4096)), { message: /no tar file/ });
  const folder = await chunksOf(tarStream([{ kind: 'directory', path: 'state', mode: 0o700 }]));
  await t.throwsAsync(read(inPieces(Buffer.concat(folder), 4096)), { message: /no file/ });
});
