-- What was tried to bring a service, the engine or the machine back, by its rung of the ladder: written before it is done,
-- and forgotten once its subject has served for a while.
CREATE TABLE attempts (
  subject      TEXT NOT NULL CHECK (subject <> ''),
  rung         TEXT NOT NULL CHECK (rung <> ''),
  boot_id      TEXT NOT NULL CHECK (boot_id <> ''),
  monotonic_ms REAL NOT NULL CHECK (monotonic_ms >= 0),
  wall         TEXT NOT NULL CHECK (wall <> '')
) STRICT;

-- How the processes of services ended, unless we ended them.
CREATE TABLE deaths (
  service      TEXT NOT NULL CHECK (service <> ''),
  exit_code    INTEGER,
  oom_killed   INTEGER NOT NULL CHECK (oom_killed IN (0, 1)),
  boot_id      TEXT NOT NULL CHECK (boot_id <> ''),
  monotonic_ms REAL NOT NULL CHECK (monotonic_ms >= 0),
  wall         TEXT NOT NULL CHECK (wall <> '')
) STRICT;

-- A hold may end by itself, so long after it began.
ALTER TABLE holds ADD COLUMN for_ms REAL CHECK (for_ms > 0);

-- Where attempts were kept before.
DELETE FROM kv WHERE key = 'attempts';
