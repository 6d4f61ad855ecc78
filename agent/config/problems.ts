/** Something in the configuration that is refused: where it is, what is wrong, and what would be right. */
export interface ConfigProblem {
  /** The setting, e.g. `turn.relayPorts` or `network.addresses[1]`; '' for the file as a whole. */
  readonly path: string;
  /** Counted from 1; 0 when the problem is in no line, as with a file that cannot be read. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly expected: string;
}

/** There is no default for what an appliance is called, so a file that is not there is refused like an empty one. */
export const NO_FILE: ConfigProblem = {
  path: '',
  line: 0,
  column: 0,
  message: 'there is no such file',
  expected: 'check its name; where there is none, install.sh writes one to fill in',
};

/**
 * The problems for a terminal, one a line, e.g.
 * `appliance.yaml:7: turn.relayPorts: 49152-70000 is not a port range; ports are 1 to 65535, e.g. 49152-49663`.
 */
export function formatConfigProblems(problems: readonly ConfigProblem[], file: string): string {
  return problems.map((problem) => printable(formatConfigProblem(problem, file))).join('\n');
}

function formatConfigProblem({ path, line, message, expected }: ConfigProblem, file: string): string {
  const place = line === 0 ? file : `${file}:${line}`;
  return [place, ...(path === '' ? [] : [path]), `${message}; ${expected}`].join(': ');
}

/** A problem quotes the file, and whatever is in the file must not steer the terminal. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{fffd}');
}

/** `['network', 'addresses', 1]` as `network.addresses[1]`. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}
