import { createReadStream } from 'node:fs';

/** An entry of a tar file; `path` is relative, without a leading or trailing slash. Everything belongs to root. */
export type TarEntry =
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number }
  | { readonly kind: 'text'; readonly path: string; readonly mode: number; readonly text: string }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly mode: number;
      readonly source: string;
      readonly size: number;
    }
  | {
      readonly kind: 'stream';
      readonly path: string;
      readonly mode: number;
      readonly size: number;
      readonly chunks: () => AsyncIterable<Buffer>;
    };

const BLOCK = 512;

/**
 * A tar file in the ustar form of POSIX.1-1988, in the order given. Nothing of it depends on the time, the machine or
 * a library: the same entries are the same bytes, and so the same image id.
 */
export async function* tarStream(entries: readonly TarEntry[]): AsyncGenerator<Buffer, void, void> {
  for (const entry of entries) {
    const size = sizeOf(entry);
    yield header(entry, size);
    if (entry.kind === 'directory') continue;
    let sent = 0;
    for await (const chunk of contentOf(entry)) {
      sent += chunk.length;
      yield chunk;
    }
    if (sent !== size) throw new Error(`${entry.path} changed while it was read: ${sent} bytes, not ${size}`);
    if (size % BLOCK !== 0) yield Buffer.alloc(BLOCK - (size % BLOCK));
  }
  yield Buffer.alloc(2 * BLOCK);
}

/** The length of `tarStream`'s output in bytes. */
export function tarSize(entries: readonly TarEntry[]): number {
  const blocks = entries.reduce((sum, entry) => sum + 1 + Math.ceil(sizeOf(entry) / BLOCK), 2);
  return blocks * BLOCK;
}

function sizeOf(entry: TarEntry): number {
  if (entry.kind === 'directory') return 0;
  return entry.kind === 'text' ? Buffer.byteLength(entry.text) : entry.size;
}

function contentOf(
  entry: Exclude<TarEntry, { kind: 'directory' }>,
): AsyncIterable<Buffer> | Iterable<Buffer> {
  if (entry.kind === 'text') return [Buffer.from(entry.text)];
  if (entry.kind === 'stream') return entry.chunks();
  return createReadStream(entry.source, { highWaterMark: 1024 * 1024 });
}

function header(entry: TarEntry, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const name = entry.kind === 'directory' ? `${entry.path}/` : entry.path;
  const [prefix, rest] = splitPath(name);
  block.write(rest, 0);
  block.write(octal(entry.mode, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(0, 12), 136);
  // The checksum is computed with its own field as spaces.
  block.write(' '.repeat(8), 148);
  block.write(entry.kind === 'directory' ? '5' : '0', 156);
  block.write('ustar\x0000', 257);
  block.write(prefix, 345);
  const checksum = block.reduce((sum, byte) => sum + byte, 0);
  block.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** A path of more than 100 bytes is cut at a slash: up to 155 bytes before it, at most 100 after it. */
function splitPath(path: string): [prefix: string, rest: string] {
  if (Buffer.byteLength(path) <= 100) return ['', path];
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
    const [prefix, rest] = [path.slice(0, at), path.slice(at + 1)];
    if (Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(rest) <= 100 && rest !== '')
      return [prefix, rest];
  }
  throw new Error(`path too long for a ustar header: ${path}`);
}

function octal(value: number, width: number): string {
  const digits = value.toString(8);
  if (digits.length > width - 1) throw new Error(`${value} does not fit a ustar header`);
  return `${digits.padStart(width - 1, '0')}\0`;
}
