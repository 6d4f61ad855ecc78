import { stringify } from 'yaml';
import { healingAsWritten } from '../../config/healing.ts';
import { type ParsedConfig, parseConfig } from '../../config/parse-config.ts';
import { formatConfigProblems } from '../../config/problems.ts';
import { type ApplianceConfig, DEFAULT_CONFIG } from '../../config/schema.ts';
import { AgentError, isErrno } from '../../system/errors.ts';
import { readFileIfPresent } from '../../system/files.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

type Accepted = Extract<ParsedConfig, { ok: true }>;

/** Checks a file and changes nothing. Exit status 1 when it is refused. */
export async function validate({ paths, terminal }: Context, file?: string): Promise<number> {
  const path = file ?? paths.config;
  const parsed = await read(path);
  if (parsed === null) {
    if (file !== undefined) throw missing(path);
    terminal.write(`${noFile(path)}\n`);
    return EXIT.ok;
  }
  if (!parsed.ok) return refuse(parsed, terminal);
  terminal.write(`${path} is valid.\n`);
  return EXIT.ok;
}

/** Shows what the file and the defaults come to, as YAML. Exit status 1 when the file is refused. */
export async function show({ paths, terminal }: Context): Promise<number> {
  const parsed = await read(paths.config);
  if (parsed?.ok === false) {
    const status = refuse(parsed, terminal);
    terminal.writeError(`The agent goes on with the newest one that it accepted: ${paths.acceptedConfig}\n`);
    return status;
  }
  terminal.write(
    `# ${origin(parsed, paths.config)}\n${stringify(asWritten(parsed?.config ?? DEFAULT_CONFIG))}`,
  );
  return EXIT.ok;
}

function origin(parsed: Accepted | null, path: string): string {
  if (parsed === null) return noFile(path);
  return parsed.defaults.length === 0
    ? `From ${path}.`
    : `From ${path}. Defaults: ${parsed.defaults.join(', ')}.`;
}

/** As it stands in a file, where a range of ports is one text and a duration has its unit. */
function asWritten({ turn, healing, ...rest }: ApplianceConfig): object {
  const { from, to } = turn.relayPorts;
  return { ...rest, turn: { ...turn, relayPorts: `${from}-${to}` }, healing: healingAsWritten(healing) };
}

const noFile = (path: string) => `There is no ${path}: every setting has its default.`;

function refuse(parsed: Extract<ParsedConfig, { ok: false }>, terminal: Context['terminal']): number {
  terminal.writeError(`${formatConfigProblems(parsed.problems, parsed.file)}\n`);
  return EXIT.degraded;
}

async function read(path: string): Promise<ParsedConfig | null> {
  try {
    const text = await readFileIfPresent(path);
    return text === null ? null : parseConfig(text, path);
  } catch (error) {
    if (!isErrno(error, 'EACCES')) throw error;
    throw new AgentError({
      code: 'NEEDS_ROOT',
      message: `${path} is not readable for this user`,
      hint: 'Run it again with sudo.',
      cause: error,
    });
  }
}

const missing = (path: string) =>
  new AgentError({ code: 'MISSING', message: `There is no ${path}`, hint: 'Check the name of the file.' });
