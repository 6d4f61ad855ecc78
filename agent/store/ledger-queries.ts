import type { Connection } from './connection.ts';
import { type AttemptRow, attemptFromRow, type DeathRow, deathFromRow } from './rows.ts';
import type { Attempt, Death } from './types.ts';

/** More than any decision looks back on; of a subject that fails for years the rest would only fill the disk. */
const KEPT_ATTEMPTS = 20;
const KEPT_DEATHS = 50;

type NewAttempt = Omit<Attempt, 'ended'>;

/** The statements about what failed and what was tried. Error: SqliteError. */
export function prepareLedger(connection: Connection) {
  const attempts = connection.prepare<[], AttemptRow>('SELECT * FROM attempts ORDER BY rowid');
  const insertAttempt = connection.prepare(`
    INSERT INTO attempts (subject, rung, boot_id, monotonic_ms, wall)
    VALUES (@subject, @rung, @bootId, @monotonicMs, @wall)`);
  const attemptEnded = connection.prepare(`
    UPDATE attempts SET ended = 1
    WHERE subject = @subject AND rung = @rung AND boot_id = @bootId AND monotonic_ms = @monotonicMs`);
  const pruneAttempts = connection.prepare(`
    DELETE FROM attempts WHERE subject = @subject AND rung = @rung AND rowid NOT IN
      (SELECT rowid FROM attempts WHERE subject = @subject AND rung = @rung ORDER BY rowid DESC LIMIT ${KEPT_ATTEMPTS})`);
  const forgive = connection.prepare<[string]>('DELETE FROM attempts WHERE subject = ?');
  const deaths = connection.prepare<[], DeathRow>('SELECT * FROM deaths ORDER BY rowid');
  const insertDeath = connection.prepare(`
    INSERT INTO deaths (service, exit_code, oom_killed, boot_id, monotonic_ms, wall)
    VALUES (@service, @exitCode, @oomKilled, @bootId, @monotonicMs, @wall)`);
  const pruneDeaths = connection.prepare(`
    DELETE FROM deaths WHERE service = @service AND rowid NOT IN
      (SELECT rowid FROM deaths WHERE service = @service ORDER BY rowid DESC LIMIT ${KEPT_DEATHS})`);

  const attempt = connection.transaction(({ at, subject, rung }: NewAttempt): void => {
    insertAttempt.run({ subject, rung, ...at });
    pruneAttempts.run({ subject, rung });
  });
  const died = connection.transaction(({ at, service, exitCode, oomKilled }: Death): void => {
    insertDeath.run({ service, exitCode, oomKilled: oomKilled ? 1 : 0, ...at });
    pruneDeaths.run({ service });
  });
  return {
    attempts: (): Attempt[] => attempts.all().map(attemptFromRow),
    attempt: (made: NewAttempt): void => attempt.immediate(made),
    attemptEnded: ({ subject, rung, at: { bootId, monotonicMs } }: NewAttempt): void =>
      void attemptEnded.run({ subject, rung, bootId, monotonicMs }),
    forgive: (subject: string): void => void forgive.run(subject),
    deaths: (): Death[] => deaths.all().map(deathFromRow),
    died: (death: Death): void => died.immediate(death),
  };
}
