-- Whether an attempt came to its end: one that the end of the agent cut short may be made once more.
ALTER TABLE attempts ADD COLUMN ended INTEGER NOT NULL DEFAULT 0 CHECK (ended IN (0, 1));
