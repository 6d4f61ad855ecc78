import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { readTurnDatabase, turnDatabaseText, writeTurnDatabase } from '../../../agent/stack/turn-database.ts';

async function place(t: ExecutionContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'aa-turn-'));
  t.teardown(() => rm(directory, { recursive: true }));
  return join(directory, 'turn.db');
}

const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const write = (path: string, secrets: readonly string[]) =>
  writeTurnDatabase(path, {
    path: 'coturn/turn.db',
    content: turnDatabaseText('example.org', secrets),
    mode: 0o400,
    owner,
    secret: true,
  });

test('what is written is read, and a change keeps the file that coturn holds open', async (t) => {
  const path = await place(t);
  t.is(readTurnDatabase(path), null);
  await write(path, ['bbbb', 'aaaa', 'aaaa']);
  t.is(readTurnDatabase(path), 'example.org aaaa\nexample.org bbbb\n');
  const { ino, mode } = await stat(path);
  t.is(mode & 0o777, 0o400);
  await write(path, ['cccc']);
  t.is(readTurnDatabase(path), 'example.org cccc\n');
  t.is((await stat(path)).ino, ino);
});

test('a withdrawn secret is not left in a free page of the file', async (t) => {
  const path = await place(t);
  await write(path, ['a'.repeat(64), 'b'.repeat(64)]);
  await write(path, ['b'.repeat(64)]);
  t.false((await readFile(path, 'latin1')).includes('a'.repeat(16)));
});

test('what is no database of coturn is replaced', async (t) => {
  const path = await place(t);
  for (const content of ['', 'SQLite format 3\0 it is not']) {
    await rm(path, { force: true });
    await writeFile(path, content);
    t.is(readTurnDatabase(path), '');
    await write(path, ['aaaa']);
    t.is(readTurnDatabase(path), 'example.org aaaa\n');
  }
});
