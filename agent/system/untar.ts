import { buffer } from 'node:stream/consumers';

/** A file in a tar stream. Its content must be read to its end before the next one is asked for. */
export interface UntarredFile {
  readonly path: string;
  readonly size: number;
  readonly content: AsyncIterable<Uint8Array>;
}

const BLOCK = 512;

/** The files of a tar stream as `tarStream` writes it: ustar, and nothing but files. Throws at what is neither whole nor that. */
export async function* untar(stream: AsyncIterable<Uint8Array>): AsyncGenerator<UntarredFile> {
  const source = stream[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);

  /** The next bytes, at most so many; none at the end. */
  async function take(most: number): Promise<Uint8Array> {
    while (rest.length === 0) {
      const { value, done } = await source.next();
      if (done) return rest;
      rest = value;
    }
    const taken = rest.subarray(0, most);
    rest = rest.subarray(taken.length);
    return taken;
  }

  async function* exactly(size: number): AsyncGenerator<Uint8Array> {
    for (let left = size; left > 0; ) {
      const chunk = await take(left);
      if (chunk.length === 0) throw new Error('the archive ends too early');
      left -= chunk.length;
      yield chunk;
    }
  }

  const block = async () => buffer(exactly(BLOCK));
  for (;;) {
    const header = await block();
    if (header.every((byte) => byte === 0)) break;
    const { path, size } = parseHeader(header);
    const content = exactly(size);
    yield { path, size, content };
    for await (const _ of exactly((BLOCK - (size % BLOCK)) % BLOCK));
  }
  // To its very end: what vouches for the stream comes last.
  while ((await take(BLOCK)).length > 0);
}

function parseHeader(header: Buffer): { readonly path: string; readonly size: number } {
  const text = (from: number, length: number) =>
    header.toString('utf8', from, from + length).replace(/\0.*$/s, '');
  const number = (from: number, length: number) => Number.parseInt(text(from, length).trim(), 8);
  const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
  if (text(257, 5) !== 'ustar' || number(148, 8) !== sum) throw new Error('the archive is no tar file');
  if (text(156, 1) !== '0') throw new Error('the archive has something that is no file');
  const prefix = text(345, 155);
  return { path: prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`, size: number(124, 12) };
}
