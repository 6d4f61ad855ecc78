import { createHash } from 'node:crypto';
import { chmod, chown, mkdir, open, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { AgentError, describeError } from '../system/errors.ts';
import { type UntarredFile, untar } from '../system/untar.ts';
import { FORMAT, headSchema, MANIFEST, type Manifest, manifestSchema } from './manifest.ts';

/** A manifest names each file; so many of them are more than any appliance has. */
const MOST_MANIFEST_BYTES = 256 * 1024 * 1024;
/** What is left free on the disk when everything is unpacked. */
const SPARE_BYTES = 256 * 1024 * 1024;

/**
 * Puts the content of a backup below a folder that does not exist yet, and holds each file against the manifest.
 * Errors: BACKUP_FORMAT, BACKUP_NO_ROOM, BACKUP_DAMAGED. The folder is then of no use.
 */
export async function unpack(plain: AsyncIterable<Uint8Array>, into: string): Promise<Manifest> {
  const entries = untar(plain);
  try {
    const manifest = await readManifest((await entries.next()).value);
    await mkdir(into, { mode: 0o700 });
    await requireRoom(manifest, into);
    await makeDirectories(manifest, into);
    for (const expected of manifest.files) {
      const { value: entry } = await entries.next();
      if (entry === undefined || entry.path !== expected.path) throw new Error(`it lacks ${expected.path}`);
      await place(entry, expected, into);
    }
    if ((await entries.next()).done !== true) throw new Error('it has more than its manifest tells of');
    return manifest;
  } catch (error) {
    if (error instanceof AgentError) throw error;
    throw damaged(describeError(error));
  }
}

async function readManifest(entry: UntarredFile | undefined): Promise<Manifest> {
  if (entry?.path !== MANIFEST || entry.size > MOST_MANIFEST_BYTES) throw new Error('it has no manifest');
  const content: unknown = JSON.parse(await text(entry.content));
  const head = headSchema.safeParse(content);
  if (head.success && head.data.format !== FORMAT) throw otherFormat(head.data);
  const checked = manifestSchema.safeParse(content);
  if (!checked.success) throw new Error('its manifest is not what it should be');
  return checked.data;
}

async function requireRoom({ files }: Manifest, into: string): Promise<void> {
  const needed = files.reduce((sum, { size }) => sum + size, SPARE_BYTES);
  const { bavail, bsize } = await statfs(into);
  if (needed <= bavail * bsize) return;
  throw new AgentError({
    code: 'BACKUP_NO_ROOM',
    message: `The backup needs ${Math.ceil(needed / 1e6)} MB on the disk of ${dirname(into)}, where ${Math.floor((bavail * bsize) / 1e6)} MB are free`,
    hint: 'Make room, e.g. by removing what an earlier restore set aside: `sudo ls /var/lib/appliance-agent`',
  });
}

/** Their modes come last: one may forbid to write into it. */
async function makeDirectories({ directories, files }: Manifest, into: string): Promise<void> {
  for (const path of files.map((file) => dirname(file.path))) {
    await mkdir(join(into, path), { recursive: true });
  }
  for (const { path, uid, gid, mode } of directories) {
    await mkdir(join(into, path), { recursive: true });
    await chown(join(into, path), uid, gid);
    await chmod(join(into, path), mode);
  }
}

async function place(entry: UntarredFile, expected: Manifest['files'][number], into: string): Promise<void> {
  const file = await open(join(into, expected.path), 'wx', 0o600);
  const hash = createHash('sha256');
  try {
    for await (const chunk of entry.content) {
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    await file.chown(expected.uid, expected.gid);
    await file.chmod(expected.mode);
    await file.sync();
  } finally {
    await file.close();
  }
  if (entry.size !== expected.size || hash.digest('hex') !== expected.sha256) {
    throw new Error(`${expected.path} is not what was saved`);
  }
}

const otherFormat = ({ format, agentVersion }: { format: number; agentVersion: string }) =>
  new AgentError({
    code: 'BACKUP_FORMAT',
    message: `The backup is of format ${format}, made by release ${agentVersion}; this release reads format ${FORMAT}`,
    hint: `Install release ${agentVersion} of the agent, restore there, then upgrade.`,
  });

const damaged = (why: string) =>
  new AgentError({
    code: 'BACKUP_DAMAGED',
    message: `The backup cannot be used: ${why}`,
    hint: 'Nothing was changed. Fetch the file again, and compare its size with that of the original.',
  });
