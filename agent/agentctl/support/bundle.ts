import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describeError } from '../../system/errors.ts';
import { type TarEntry, tarStream } from '../../system/tar.ts';
import type { Redact } from '../redact.ts';

/** One thing that goes into a bundle. Nothing that is not listed goes in. */
export interface Source {
  /** Its name in the bundle, e.g. `status.json`. */
  readonly name: string;
  /** Where it is from, for whoever reads the bundle: a path, or a command. */
  readonly from: string;
  /** Null when there is no such thing here. */
  readonly read: () => Promise<string | null>;
}

export interface ManifestEntry {
  readonly name: string;
  readonly from: string;
  readonly state: 'packed' | 'absent' | 'failed' | 'left-out';
  /** Why it failed or was left out; '' otherwise. */
  readonly detail: string;
  readonly bytes: number;
  /** Of the packed content, hexadecimal; '' when there is none. */
  readonly sha256: string;
  /** Bytes before the packed ones that were left out. */
  readonly cutBytes: number;
  /** How many places were blackened. */
  readonly redactions: number;
}

export interface Manifest {
  readonly schemaVersion: 1;
  readonly createdAt: string;
  readonly agentVersion: string;
  readonly entries: readonly ManifestEntry[];
}

export interface Limits {
  readonly bytesEach: number;
  readonly bytesTogether: number;
}

/** Before compression: what a mail takes, compressed. */
export const LIMITS: Limits = { bytesEach: 1024 ** 2, bytesTogether: 10 * 1024 ** 2 };

/**
 * Reads the sources, blackens what is secret, cuts what is too long (its end stays) and packs it, with a manifest of what
 * is in it and what is not, below one folder. One source that fails does not fail the others.
 */
export async function packBundle(options: {
  readonly folder: string;
  readonly sources: readonly Source[];
  readonly redact: Redact;
  readonly about: Omit<Manifest, 'schemaVersion' | 'entries'>;
  readonly limits?: Limits;
}): Promise<{ readonly archive: Buffer; readonly manifest: Manifest }> {
  const { folder, sources, redact, about, limits = LIMITS } = options;
  const readings = await Promise.all(sources.map((source) => readSource(source, redact)));
  const files: TarEntry[] = [];
  const entries: ManifestEntry[] = [];
  let left = limits.bytesTogether;
  for (const { source, ...reading } of readings) {
    const { name, from } = source;
    const none = { name, from, bytes: 0, sha256: '', cutBytes: 0, redactions: 0 };
    if (!('text' in reading)) {
      entries.push({ ...none, ...reading });
      continue;
    }
    const content = lastBytes(reading.text, limits.bytesEach);
    if (content.length > left) {
      entries.push({ ...none, state: 'left-out', detail: 'the bundle would be too large' });
      continue;
    }
    left -= content.length;
    files.push({ kind: 'text', path: `${folder}/${name}`, mode: 0o600, text: content.toString('utf8') });
    entries.push({
      name,
      from,
      state: 'packed',
      detail: '',
      bytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
      cutBytes: Buffer.byteLength(reading.text) - content.length,
      redactions: reading.redactions,
    });
  }
  const manifest: Manifest = { schemaVersion: 1, ...about, entries };
  const text = redact(`${JSON.stringify(manifest, null, 2)}\n`).text;
  files.unshift(
    { kind: 'directory', path: folder, mode: 0o700 },
    { kind: 'text', path: `${folder}/manifest.json`, mode: 0o600, text },
  );
  const chunks: Buffer[] = [];
  for await (const chunk of tarStream(files)) chunks.push(chunk);
  return { archive: gzipSync(Buffer.concat(chunks)), manifest };
}

type SourceReading = { readonly source: Source } & (
  | { readonly text: string; readonly redactions: number }
  | { readonly state: 'absent' | 'failed'; readonly detail: string }
);

async function readSource(source: Source, redact: Redact): Promise<SourceReading> {
  try {
    const raw = await source.read();
    if (raw === null) return { source, state: 'absent', detail: '' };
    // The whole of it, before anything is cut: half a secret is not recognised.
    const { text, count } = redact(raw);
    return { source, text, redactions: count };
  } catch (error) {
    return { source, state: 'failed', detail: redact(describeError(error)).text };
  }
}

/** The end of a text, from the beginning of a line on where there is one. */
function lastBytes(text: string, most: number): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length <= most) return bytes;
  const end = bytes.subarray(bytes.length - most);
  const newline = end.indexOf('\n');
  // As text: a character may have been cut in two.
  return Buffer.from((newline === -1 ? end : end.subarray(newline + 1)).toString('utf8'));
}
