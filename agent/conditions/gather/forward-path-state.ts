import { FORWARD_MARK } from '../../firewall/mark.ts';
import { BRIDGE } from '../../stack/types.ts';
import { type ChainRule, type FilterRules, parseIptablesRules, type RuleMatch } from './iptables-rules.ts';

/** Whether a match holds for our packet. `depends` when that is decided by something of no matter here, e.g. a source. */
type Holds = 'yes' | 'no' | 'depends';
type Verdict = 'accept' | 'drop';
interface Outcome {
  readonly verdict: Verdict;
  readonly by: string;
}

/**
 * Whether forwarded packets that we published get through the filter table, read from `iptables -S`: follows the
 * first packet of a published flow (our mark, into the bridge of the stack) through FORWARD and the chains that it
 * jumps to. Rules that decide over all such packets count; rules that drop only some of them are named in `detail`.
 */
export function forwardPathState(iptablesS: string): { readonly open: boolean; readonly detail: string } {
  const rules = parseIptablesRules(iptablesS);
  const partial: string[] = [];
  const outcome = walk('FORWARD', rules, partial);
  const policy = rules.policies.get('FORWARD') ?? 'ACCEPT';
  const { verdict, by }: Outcome =
    outcome === null || outcome === 'return'
      ? { verdict: policy === 'ACCEPT' ? 'accept' : 'drop', by: `policy of FORWARD: ${policy}` }
      : outcome;
  const some = partial.length === 0 ? '' : `; some packets are dropped before: ${partial.join('; ')}`;
  if (verdict === 'accept') return { open: true, detail: `accepted by ${by}${some}` };
  const missing = rules.chains.get('DOCKER-USER')?.some(acceptsOurMark)
    ? 'the rule in DOCKER-USER that accepts our mark is not reached'
    : 'DOCKER-USER has no rule that accepts our mark';
  return { open: false, detail: `dropped by ${by}; ${missing}` };
}

/** What a chain decides: an outcome, `return` (back to the caller), or null at its end. */
function walk(chain: string, rules: FilterRules, partial: string[]): Outcome | 'return' | null {
  for (const rule of rules.chains.get(chain) ?? []) {
    const holds = holdsForOurPacket(rule.matches);
    if (holds === 'no' || rule.target === null) continue;
    const verdict = verdictOf(rule.target);
    if (holds === 'depends') {
      if (verdict === 'drop') partial.push(rule.text);
      continue;
    }
    if (verdict !== null) return { verdict, by: `\`${rule.text}\`` };
    if (rule.target === 'RETURN') return 'return';
    const below = walk(rule.target, rules, partial);
    if (below !== null && below !== 'return') return below;
    if (rule.goto) return 'return';
  }
  return null;
}

function verdictOf(target: string): Verdict | null {
  if (target === 'ACCEPT') return 'accept';
  return target === 'DROP' || target === 'REJECT' ? 'drop' : null;
}

/** Whether all matches of a rule hold for our packet. */
function holdsForOurPacket(matches: readonly RuleMatch[]): Holds {
  // The module connmark calls its option `--mark` too, but means the connection.
  const marks = matches.some(({ option, values }) => option === '-m' && values[0] === 'connmark')
    ? 'connection'
    : 'packet';
  const parts = matches.map(({ option, values, negated }): Holds => {
    const plain = decide(option, values[0] ?? '', marks);
    if (!negated || plain === 'depends') return plain;
    return plain === 'yes' ? 'no' : 'yes';
  });
  if (parts.includes('no')) return 'no';
  return parts.includes('depends') ? 'depends' : 'yes';
}

function decide(option: string, value: string, marks: 'packet' | 'connection'): Holds {
  switch (option) {
    case '-m':
    case '--comment':
      return 'yes';
    case '-o':
      return isInterface(value, BRIDGE) ? 'yes' : 'no';
    case '-i':
      // From outside: by which interface does not matter here, but not from the stack itself, nor from this host.
      return value === BRIDGE || value === 'lo' ? 'no' : 'depends';
    case '--mark':
      if (marks === 'connection') return 'depends';
      return hasOurMark(value) ? 'yes' : 'no';
    case '--ctstate':
      return value.split(',').some((state) => state === 'NEW' || state === 'DNAT') ? 'yes' : 'no';
    default:
      return 'depends';
  }
}

/** A trailing `+` stands for any ending (iptables(8), `-i`). */
const isInterface = (pattern: string, name: string) =>
  pattern.endsWith('+') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;

function hasOurMark(value: string): boolean {
  const [mark, mask = '0xffffffff'] = value.split('/');
  return (FORWARD_MARK & Number(mask)) >>> 0 === Number(mark);
}

/** Our rule, or one like it: it accepts our mark and asks nothing else. */
const acceptsOurMark = ({ matches, target }: ChainRule) =>
  target === 'ACCEPT' &&
  matches.some(({ option }) => option === '--mark') &&
  holdsForOurPacket(matches) === 'yes';
