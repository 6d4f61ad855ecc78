import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import type { ExecutionContext } from 'ava';
import Database from 'better-sqlite3';
import { appliancePaths, type Paths } from '../../../agent/system/paths.ts';

/** The paths of an appliance below a folder of its own. */
export async function newPaths(t: ExecutionContext): Promise<Paths> {
  const root = await mkdtemp(join(tmpdir(), 'aa-backup-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  const paths = appliancePaths(root);
  await mkdir(paths.stateDirectory, { recursive: true });
  return paths;
}

/** The state of an appliance, each file with `mark` in it. */
export async function writeState(paths: Paths, mark: string): Promise<void> {
  const files: Readonly<Record<string, string>> = {
    [paths.config]: `# ${mark}\nstack: embedded\n`,
    [join(paths.profileOverrides, 'mine.yaml')]: mark,
    [paths.acceptedConfig]: mark,
    [join(paths.secrets, 'turn')]: mark,
    [join(paths.data, 'tuwunel/000001.sst')]: `${mark} table`,
    [join(paths.data, 'tuwunel/media/ab')]: `${mark} picture`,
    [join(paths.data, 'tuwunel/CURRENT')]: mark,
    [join(paths.data, 'traefik/acme.json')]: mark,
  };
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
  await chmod(paths.secrets, 0o700);
  await chmod(join(paths.secrets, 'turn'), 0o600);
  const database = new Database(paths.database);
  database.exec(`PRAGMA user_version = 1; CREATE TABLE mark (text); INSERT INTO mark VALUES ('${mark}')`);
  database.close();
}

/** Every file below a folder with its content; of a database what is marked in it. */
export async function contentOf(directory: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = async (path: string) => {
    const content = await readFile(path);
    return path.endsWith('.db') ? markIn(content) : content.toString();
  };
  return Object.fromEntries(
    await Promise.all(files.map(async (path) => [relative(directory, path), await read(path)])),
  );
}

/** Of its bytes: a database that is opened leaves files beside it. */
function markIn(content: Buffer): string {
  const database = new Database(content);
  try {
    return String(database.prepare('SELECT text FROM mark').pluck().get());
  } finally {
    database.close();
  }
}
