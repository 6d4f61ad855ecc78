import { stringify } from 'yaml';
import { firewallAsWritten } from '../../config/firewall.ts';
import { healingAsWritten } from '../../config/healing.ts';
import type { ParsedConfig } from '../../config/parse-config.ts';
import { formatConfigProblems } from '../../config/problems.ts';
import { readConfig } from '../../config/read-config.ts';
import type { ApplianceConfig } from '../../config/schema.ts';
import { budgetsAsWritten } from '../../probes/budgets.ts';
import { asRoot } from '../as-root.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

type Accepted = Extract<ParsedConfig, { ok: true }>;

/** Checks a file and changes nothing. Exit status 1 when it is refused. */
export async function validate({ paths, terminal }: Context, file?: string): Promise<number> {
  const path = file ?? paths.config;
  const parsed = await read(path);
  if (!parsed.ok) return refuse(parsed, terminal);
  terminal.write(`${path} is valid.\n`);
  return EXIT.ok;
}

/** Shows what the file and the defaults come to, as YAML. Exit status 1 when the file is refused. */
export async function show({ paths, terminal }: Context): Promise<number> {
  const parsed = await read(paths.config);
  if (!parsed.ok) {
    const status = refuse(parsed, terminal);
    terminal.writeError(
      `The agent goes on with the newest one that it accepted, if any: ${paths.acceptedConfig}\n`,
    );
    return status;
  }
  terminal.write(`# ${origin(parsed)}\n${stringify(asWritten(parsed.config))}`);
  return EXIT.ok;
}

function origin({ file, defaults }: Accepted): string {
  return defaults.length === 0 ? `From ${file}.` : `From ${file}. Defaults: ${defaults.join(', ')}.`;
}

/** As it stands in a file: a range of ports is one text, a duration has its unit, what is not given is not there. */
function asWritten({
  stack,
  elementCall,
  turn,
  healing,
  services,
  firewall,
  ...rest
}: ApplianceConfig): object {
  const { from, to } = turn.relayPorts;
  const given = elementCall && {
    ...elementCall,
    primary: elementCall.primary ?? 'none',
    certificates: Object.fromEntries(
      Object.entries(elementCall.certificates).filter(([, value]) => value !== null),
    ),
  };
  return {
    stack,
    ...given,
    ...rest,
    turn: { ...turn, relayPorts: `${from}-${to}` },
    healing: healingAsWritten(healing),
    services: Object.fromEntries(
      Object.entries(services).map(([name, { check, ...budgets }]) => [
        name,
        { ...budgetsAsWritten(budgets), ...(check && { check }) },
      ]),
    ),
    firewall: firewallAsWritten(firewall),
  };
}

function refuse(parsed: Extract<ParsedConfig, { ok: false }>, terminal: Context['terminal']): number {
  terminal.writeError(`${formatConfigProblems(parsed.problems, parsed.file)}\n`);
  return EXIT.degraded;
}

const read = (path: string) => asRoot(path, () => readConfig(path));
