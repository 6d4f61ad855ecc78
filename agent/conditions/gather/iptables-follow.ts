import type { Flow } from '../../firewall/flows.ts';
import { type Action, follow, type Holds, type JudgedRule, type Outcome } from '../../firewall/follow.ts';
import {
  cameBy,
  every,
  goesToAddress,
  goesToKind,
  goesToPort,
  hasMark,
  hasState,
  leavesBy,
  not,
  type Packet,
  packetAt,
  rangeOf,
  some,
} from '../../firewall/packet.ts';
import type { ChainRule, FilterRules, RuleMatch } from './iptables-rules.ts';

/** What the filter table of iptables, or of ip6tables for a flow of IPv6, does to the first packet of a flow. */
export function followIptables(
  rules: FilterRules,
  chain: 'INPUT' | 'FORWARD',
  flow: Flow,
): Outcome<ChainRule> {
  const packet = packetAt(chain === 'INPUT' ? 'input' : 'forward', 0, flow);
  const policy = rules.policies.get(chain) === 'DROP' ? 'drop' : 'accept';
  return follow(chain, policy, (name) =>
    (rules.chains.get(name) ?? []).map(
      (rule): JudgedRule<ChainRule> => ({
        holds: holdsFor(packet, rule.matches),
        action: actionOf(rule, rules),
        rule,
      }),
    ),
  );
}

/** Targets such as LOG and MARK decide nothing. */
function actionOf({ target, goto }: ChainRule, { chains }: FilterRules): Action | null {
  switch (target) {
    case 'ACCEPT':
      return { kind: 'accept' };
    case 'DROP':
    case 'REJECT':
      return { kind: 'drop' };
    case 'RETURN':
      return { kind: 'return' };
    default:
      return target !== null && chains.has(target) ? { kind: goto ? 'goto' : 'jump', chain: target } : null;
  }
}

/** Whether all matches of a rule hold for the packet. */
export function holdsFor(packet: Packet, matches: readonly RuleMatch[]): Holds {
  // The module connmark calls its option `--mark` too, but means the connection.
  const connection = matches.some(({ option, values }) => option === '-m' && values[0] === 'connmark');
  return every(
    matches.map(({ option, values: [value = ''], negated }) => {
      const plain = connection && option === '--mark' ? 'depends' : holds(packet, option, value);
      return negated ? not(plain) : plain;
    }),
  );
}

function holds(packet: Packet, option: string, value: string): Holds {
  switch (option) {
    case '-m':
    case '--comment':
      return 'yes';
    case '-p':
      return value === packet.flow.protocol ? 'yes' : 'no';
    case '-i':
      return cameBy(packet, value);
    case '-o':
      // A trailing `+` stands for any ending (iptables(8), `-i`).
      return leavesBy(packet, value.replace(/\+$/, '*'));
    case '--mark':
      return marked(packet, value);
    case '--ctstate':
    case '--state':
      return some(value.split(',').map((state) => hasState(packet, state)));
    case '--dport':
    case '--dports':
      return some(value.split(',').map((ports) => toPorts(packet, ports)));
    case '--dst-type':
      return goesToKind(packet, value);
    case '-d':
      return goesToAddress(packet, rangeOf(value));
    default:
      return 'depends';
  }
}

function marked(packet: Packet, text: string): Holds {
  const [value, mask = '0xffffffff'] = text.split('/');
  return hasMark(packet, Number(value), Number(mask));
}

function toPorts(packet: Packet, ports: string): Holds {
  const [from = '', to = from] = ports.split(':');
  return goesToPort(packet, Number(from), Number(to));
}
