import { RELAY_USER } from './coturn.ts';
import { TURN_DATABASE, turnDatabaseText } from './turn-database.ts';
import type { RenderedFile, Secrets, SecretValues } from './types.ts';

/** How long a TURN credential of a call is good; a call that goes on longer gets another. LiveKit takes a day at most. */
export const TURN_CREDENTIAL_MS = 4 * 3_600_000;

/** coturn's secrets: a credential is good that was made with one in use, or during a rotation with one beside it. */
export function turnDatabase(
  realm: string,
  secrets: Secrets,
  used: readonly (keyof SecretValues)[],
): RenderedFile {
  const good = [secrets, secrets.next, secrets.previous].flatMap((values) =>
    used.flatMap((field) => values[field] ?? []),
  );
  return {
    path: TURN_DATABASE,
    content: turnDatabaseText(realm, good),
    mode: 0o400,
    owner: RELAY_USER,
    secret: true,
  };
}
