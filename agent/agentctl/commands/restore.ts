import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { PLAN, type RestorePlan } from '../../backup/finish-restore.ts';
import type { Manifest } from '../../backup/manifest.ts';
import { openSealed } from '../../backup/seal.ts';
import { unpack } from '../../backup/unpack.ts';
import { connectReadOnly, userVersion } from '../../store/connection.ts';
import { readMigrations } from '../../store/migrations.ts';
import { AgentError, describeError, isErrno } from '../../system/errors.ts';
import { syncPath, writeFileAtomic } from '../../system/files.ts';
import type { Paths } from '../../system/paths.ts';
import { run, runOk } from '../../system/processes.ts';
import { releaseFolder } from '../../system/release-folder.ts';
import { isUnderSystemd } from '../../system/under-systemd.ts';
import { requireRoot } from '../as-root.ts';
import { agrees, requireSomebody } from '../consent.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

/** The agent takes the stack down and up before it says that it is ready. */
const RESTART_MS = 10 * 60_000;

/**
 * Verifies a backup whole, and has the agent put it in the place of the present state, which is set aside. Errors:
 * NEEDS_ROOT, USAGE, MISSING, BACKUP_IDENTITY, BACKUP_DAMAGED, BACKUP_FORMAT, BACKUP_NO_ROOM; nothing is changed then.
 */
export async function restore(
  { paths, clock, terminal }: Context,
  file: string,
  options: { identity: string; yes?: true },
): Promise<number> {
  requireRoot('A backup holds the secrets of an appliance');
  const canAnswer = process.stdin.isTTY && options.identity !== '-';
  if (!options.yes) requireSomebody('A restore replaces the state of this appliance', canAnswer);
  const identity = await readIdentity(options.identity);
  const backup = await openBackup(file);
  const unpacking = `${paths.restore}.unpacking`;
  try {
    await mkdir(paths.stateDirectory, { recursive: true, mode: 0o700 });
    await rm(unpacking, { recursive: true, force: true });
    const manifest = await unpack(await openSealed(backup.createReadStream(), identity), unpacking);
    requireOlder(join(unpacking, 'state/state.db'), manifest);
    const aside = `before-restore-${clock.now().wall.replaceAll(/[^0-9TZ]/g, '')}`;
    if (!options.yes && !(await isMeant(manifest, join(paths.stateDirectory, aside)))) {
      terminal.write('Nothing was changed.\n');
      return EXIT.degraded;
    }
    await hand(unpacking, paths, { createdAt: manifest.createdAt, aside });
    terminal.write(
      `The backup of ${manifest.createdAt} is whole. What it replaces is set aside in ${join(paths.stateDirectory, aside)}.\n`,
    );
  } finally {
    await backup.close();
    // What was handed over is not there any more; what was not holds secrets.
    await rm(unpacking, { recursive: true, force: true });
  }
  terminal.write(`${await restartAgent(paths)}\n`);
  return EXIT.ok;
}

/** From here on it is the agent's: whatever happens to this process, its next start takes it up. */
async function hand(unpacking: string, paths: Paths, plan: RestorePlan): Promise<void> {
  await writeFileAtomic(join(unpacking, PLAN), `${JSON.stringify(plan)}\n`, { mode: 0o600 });
  await rm(paths.restore, { recursive: true, force: true });
  await rename(unpacking, paths.restore);
  await syncPath(dirname(paths.restore));
}

async function restartAgent(paths: Paths): Promise<string> {
  if (!isUnderSystemd(paths)) {
    return 'Restart the agent: at its start it puts the backup in place.';
  }
  await runOk(run, 'systemctl', ['restart', 'appliance-agent'], {
    timeoutMs: RESTART_MS,
    code: 'AGENT_NOT_RUNNING',
    hint: 'The backup is put in place when the agent starts: see `sudo journalctl -u appliance-agent -n 50`.',
  });
  return 'The agent was restarted with it. See how it is: `agentctl status`';
}

async function readIdentity(path: string): Promise<string> {
  try {
    return path === '-' ? await text(process.stdin) : await readFile(path, 'utf8');
  } catch (error) {
    throw new AgentError({
      code: 'BACKUP_IDENTITY',
      message: `The identity cannot be read: ${describeError(error)}`,
      hint: 'Give the file that age-keygen wrote, or its text on stdin: --identity -.',
    });
  }
}

/** What a newer release remembers this one cannot read. */
function requireOlder(database: string, { agentVersion }: Manifest): void {
  const connection = connectReadOnly(database);
  try {
    if (userVersion(connection) <= readMigrations(releaseFolder('migrations')).length) return;
  } finally {
    connection.close();
  }
  throw new AgentError({
    code: 'BACKUP_FORMAT',
    message: `The backup was made by release ${agentVersion}, whose database is newer than this release knows`,
    hint: `Install release ${agentVersion} of the agent, or a newer one, and restore there.`,
  });
}

async function isMeant({ createdAt, agentVersion, serverName }: Manifest, aside: string): Promise<boolean> {
  const whose = serverName === null ? '' : ` of ${serverName}`;
  process.stderr.write(
    `The backup${whose}, made ${createdAt} by release ${agentVersion}, is whole.\n` +
      `It replaces the configuration, the secrets and the data of this appliance, which are set aside in ${aside}.\n` +
      'Calls end, and the stack starts anew.\n',
  );
  return agrees('Restore it?');
}

/** Opened before anything is done with it: a stream that cannot be opened tells so only when it is read. */
async function openBackup(file: string): Promise<FileHandle> {
  try {
    return await open(file);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    throw new AgentError({
      code: 'MISSING',
      message: `There is no file ${file}`,
      hint: 'Give the file that `agentctl backup` wrote.',
    });
  }
}
