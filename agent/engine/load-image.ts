import { type FileHandle, open as openFile } from 'node:fs/promises';
import { AgentError, isErrno } from '../system/errors.ts';
import { parseChecked, requireSuccess } from './answers.ts';
import { ask } from './request.ts';
import { loadProgressSchema } from './schemas.ts';

const WHAT = 'POST /images/load';

/**
 * `docker load`: streams an archive to the engine. Errors: IMAGE_ARCHIVE_MISSING, and those of every call; a
 * load that fails half-way answers 200 and says so in its last line.
 */
export async function loadImage(socket: string, archive: string, timeoutMs: number): Promise<void> {
  const file = await openArchive(archive);
  try {
    const { size } = await file.stat();
    const answer = await ask(
      socket,
      {
        method: 'POST',
        path: '/images/load',
        query: { quiet: '1' },
        body: {
          stream: file.createReadStream({ highWaterMark: 1024 * 1024, autoClose: false }),
          type: 'application/x-tar',
          length: size,
        },
      },
      timeoutMs,
    );
    requireSuccess(answer, WHAT);
    for (const line of answer.text.split('\n')) {
      if (line.trim() === '') continue;
      const progress = parseChecked(line, loadProgressSchema, WHAT);
      const failure = progress.errorDetail?.message ?? progress.error;
      if (failure) {
        throw new AgentError({
          code: 'ENGINE_ERROR',
          message: `the engine could not load ${archive}: ${failure}`,
          hint: 'Look at the free space of /var/lib/docker and at the engine’s log: `sudo journalctl -u docker -n 50`',
        });
      }
    }
  } finally {
    await file.close();
  }
}

async function openArchive(archive: string): Promise<FileHandle> {
  try {
    return await openFile(archive, 'r');
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    throw new AgentError({
      code: 'IMAGE_ARCHIVE_MISSING',
      message: `there is no image archive ${archive}`,
      hint: 'Run install.sh again: it builds the images of the stack.',
      cause: error,
    });
  }
}
