-- What the agent remembers across restarts. A migration is never changed once it was applied anywhere: its
-- checksum is recorded, and the agent refuses a database whose history is not its own.
--
-- A moment is three columns: boot_id and monotonic_ms (milliseconds since boot) for decisions, wall for people.

CREATE TABLE migrations (
  version  INTEGER PRIMARY KEY,
  name     TEXT NOT NULL CHECK (name <> ''),
  checksum TEXT NOT NULL CHECK (length(checksum) = 64),
  wall     TEXT NOT NULL CHECK (wall <> '')
) STRICT;

-- Without AUTOINCREMENT: only the oldest rows are ever removed, so that an id is not used twice anyway, and
-- every insert saves the write to sqlite_sequence.
CREATE TABLE events (
  id            INTEGER PRIMARY KEY,
  boot_id       TEXT NOT NULL CHECK (boot_id <> ''),
  monotonic_ms  REAL NOT NULL CHECK (monotonic_ms >= 0),
  wall          TEXT NOT NULL CHECK (wall <> ''),
  subject       TEXT NOT NULL CHECK (subject <> ''),
  kind          TEXT NOT NULL CHECK (kind <> ''),
  cause         TEXT NOT NULL,
  evidence      TEXT NOT NULL,
  action        TEXT,
  result        TEXT NOT NULL CHECK (result IN ('none', 'pending', 'ok', 'failed', 'interrupted')),
  result_detail TEXT NOT NULL,
  duration_ms   REAL CHECK (duration_ms >= 0)
) STRICT;

-- Services that an operator stopped: not to be healed until they are released.
CREATE TABLE holds (
  service      TEXT PRIMARY KEY CHECK (service <> ''),
  boot_id      TEXT NOT NULL CHECK (boot_id <> ''),
  monotonic_ms REAL NOT NULL CHECK (monotonic_ms >= 0),
  wall         TEXT NOT NULL CHECK (wall <> ''),
  reason       TEXT NOT NULL,
  ends         TEXT NOT NULL CHECK (ends IN ('started', 'released'))
) STRICT;

-- The first-boot steps, each with how it last went.
CREATE TABLE provisioning (
  step         TEXT PRIMARY KEY CHECK (step <> ''),
  state        TEXT NOT NULL CHECK (state IN ('done', 'running', 'failed')),
  boot_id      TEXT NOT NULL CHECK (boot_id <> ''),
  monotonic_ms REAL NOT NULL CHECK (monotonic_ms >= 0),
  wall         TEXT NOT NULL CHECK (wall <> ''),
  detail       TEXT NOT NULL
) STRICT;

CREATE TABLE kv (
  key   TEXT PRIMARY KEY CHECK (key <> ''),
  value TEXT NOT NULL
) STRICT;
