import { describeError } from '../system/errors.ts';
import { readFileIfPresent, writeFileAtomic } from '../system/files.ts';
import { configHash } from './config-hash.ts';
import { type ParsedConfig, parseConfig } from './parse-config.ts';
import { type ConfigProblem, NO_FILE } from './problems.ts';
import type { ApplianceConfig } from './schema.ts';

interface LoadedCommon {
  /** Why the copy of the accepted file could not be kept; null when it is in place. */
  readonly notKept: string | null;
}

/** The configuration to run with, and where it is from. */
export type LoadedConfig = LoadedCommon &
  (
    | {
        readonly config: ApplianceConfig;
        /** The problems of the file when it is refused and `config` is the accepted copy, else null. */
        readonly refused: readonly ConfigProblem[] | null;
        readonly source: 'file' | 'accepted';
        /** Changes exactly when the meaning of `config` does; see `configHash`. */
        readonly hash: string;
      }
    | {
        /** The file is refused and none was ever accepted: there is nothing to run with. */
        readonly config: null;
        readonly refused: readonly ConfigProblem[];
        readonly source: 'none';
        readonly hash: null;
      }
  );

/**
 * Reads the configuration. A file that is refused, cannot be read, or is missing leaves the newest accepted one in force. Never rejects because of what the
 * files hold or because the copy cannot be written. `parse` may remember what it parsed.
 */
export async function loadConfig(
  files: { path: string; acceptedPath: string },
  parse: typeof parseConfig = parseConfig,
): Promise<LoadedConfig> {
  const read = await readText(files.path);
  if ('problem' in read) return fallBack(files, [read.problem]);
  if (read.text === null) return fallBack(files, [NO_FILE]);
  const parsed = parse(read.text, files.path);
  if (!parsed.ok) return fallBack(files, parsed.problems);
  return {
    config: parsed.config,
    refused: null,
    source: 'file',
    hash: configHash(parsed.config),
    notKept: await keep(files.acceptedPath, read.text),
  };
}

async function fallBack(
  files: { path: string; acceptedPath: string },
  refused: readonly ConfigProblem[],
): Promise<LoadedConfig> {
  const copy = await readText(files.acceptedPath);
  const accepted: ParsedConfig | null =
    'problem' in copy || copy.text === null ? null : parseConfig(copy.text, files.acceptedPath);
  if (accepted?.ok !== true) return { config: null, refused, source: 'none', hash: null, notKept: null };
  return {
    config: accepted.config,
    refused,
    source: 'accepted',
    hash: configHash(accepted.config),
    notKept: null,
  };
}

type ReadText = { readonly text: string | null } | { readonly problem: ConfigProblem };

async function readText(path: string): Promise<ReadText> {
  try {
    return { text: await readFileIfPresent(path) };
  } catch (error) {
    const message = `the file cannot be read (${describeError(error)})`;
    return {
      problem: {
        path: '',
        line: 0,
        column: 0,
        message,
        expected: 'make it a regular file that root can read',
      },
    };
  }
}

/** Keeps an accepted text; returns why it could not. A full disk must not turn a good configuration away. */
async function keep(path: string, text: string): Promise<string | null> {
  try {
    if ((await readFileIfPresent(path)) !== text) await writeFileAtomic(path, text, { mode: 0o600 });
    return null;
  } catch (error) {
    return `${path}: ${describeError(error)}`;
  }
}
