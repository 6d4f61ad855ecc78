/** One match of a rule, e.g. `! -o br-appliance` or `--ctstate RELATED,ESTABLISHED`. */
export interface RuleMatch {
  readonly option: string;
  readonly values: readonly string[];
  readonly negated: boolean;
}

export interface ChainRule {
  /** The chain that it stands in. */
  readonly chain: string;
  readonly matches: readonly RuleMatch[];
  /** Null for a rule that only counts. */
  readonly target: string | null;
  /** `-g`: what follows the target's own end is skipped. */
  readonly goto: boolean;
  readonly text: string;
}

export interface FilterRules {
  /** Policies of the built-in chains, e.g. `FORWARD` → `DROP`. */
  readonly policies: ReadonlyMap<string, string>;
  readonly chains: ReadonlyMap<string, readonly ChainRule[]>;
}

/** Parses the output of `iptables -S` (iptables(8)): one table, in the form that restores it. */
export function parseIptablesRules(text: string): FilterRules {
  const policies = new Map<string, string>();
  const chains = new Map<string, ChainRule[]>();
  for (const line of text.split('\n')) {
    const [command, chain, ...rest] = words(line);
    if (chain === undefined) continue;
    if (command === '-P') policies.set(chain, rest[0] ?? '');
    if (command === '-P' || command === '-N') chains.set(chain, chains.get(chain) ?? []);
    if (command === '-A')
      chains.set(chain, [...(chains.get(chain) ?? []), parseRule(chain, rest, line.trim())]);
  }
  return { policies, chains };
}

function parseRule(chain: string, tokens: readonly string[], text: string): ChainRule {
  const end = tokens.findIndex((token) => token === '-j' || token === '-g');
  // What follows the target are options of the target.
  const target = end === -1 ? null : (tokens[end + 1] ?? null);
  const matches: RuleMatch[] = [];
  let negated = false;
  for (const token of end === -1 ? tokens : tokens.slice(0, end)) {
    const current = matches.at(-1);
    if (token === '!') negated = true;
    else if (token.startsWith('-') || current === undefined) {
      matches.push({ option: token, values: [], negated });
      negated = false;
    } else matches[matches.length - 1] = { ...current, values: [...current.values, token] };
  }
  return { chain, matches, target, goto: tokens[end] === '-g', text };
}

/** Words of a line; a quoted one may hold spaces, and `\"` within quotes is a quote. */
function words(line: string): string[] {
  return [...line.matchAll(/"((?:\\.|[^"\\])*)"|(\S+)/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? '') : quoted.replace(/\\(.)/g, '$1'),
  );
}
