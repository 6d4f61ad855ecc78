import type { Flow } from '../../firewall/flows.ts';
import { packetAt } from '../../firewall/packet.ts';
import type { FilterListing } from './iptables.ts';
import { followIptables, holdsFor } from './iptables-follow.ts';
import { type ChainRule, type FilterRules, parseIptablesRules } from './iptables-rules.ts';

/** Any port of either protocol: rules about single ports are FOREIGN_DROP's to judge. */
const anyOf = (family: Flow['family']): readonly Flow[] =>
  (['udp', 'tcp'] as const).map((protocol) => ({
    protocol,
    from: 0,
    to: 65_535,
    way: 'forward',
    family,
    subnet: '',
  }));

/**
 * Whether forwarded packets that we published get through the filter table, read from its listing: follows the
 * first packet of a published flow (our mark, into the bridge of the stack) through FORWARD and the chains that it
 * jumps to. Rules that decide over all such packets count; rules that drop only some of them are named in `detail`.
 */
export function forwardPathState(listing: Pick<FilterListing, 'family' | 'rules'>): {
  readonly open: boolean;
  readonly detail: string;
} {
  const rules = parseIptablesRules(listing.rules);
  const any = anyOf(listing.family);
  const outcomes = any.map((flow) => followIptables(rules, 'FORWARD', flow));
  const outcome = outcomes.find(({ verdict }) => verdict === 'drop') ?? outcomes[0];
  const policy = `policy of FORWARD: ${rules.policies.get('FORWARD') ?? 'ACCEPT'}`;
  const shared = outcome?.mayDrop.includes('policy') ? 'rules about some of the packets' : policy;
  const by = outcome?.by ? `\`${outcome.by.text}\`` : shared;
  if (outcome?.verdict === 'drop') return { open: false, detail: `dropped by ${by}; ${missing(rules, any)}` };
  const partial = new Set(
    outcomes.flatMap(({ mayDrop }) => mayDrop.map((rule) => (rule === 'policy' ? policy : rule.text))),
  );
  const some = partial.size === 0 ? '' : `; some packets are dropped before: ${[...partial].join('; ')}`;
  return { open: true, detail: `accepted by ${by}${some}` };
}

const missing = ({ chains }: FilterRules, flows: readonly Flow[]) =>
  chains.get('DOCKER-USER')?.some((rule) => acceptsOurMark(rule, flows))
    ? 'the rule in DOCKER-USER that accepts our mark is not reached'
    : 'DOCKER-USER has no rule that accepts our mark';

/** Our rule, or one like it: it accepts our mark and asks nothing else. */
const acceptsOurMark = ({ matches, target }: ChainRule, flows: readonly Flow[]) =>
  target === 'ACCEPT' &&
  matches.some(({ option }) => option === '--mark') &&
  flows.every((flow) => holdsFor(packetAt('forward', 0, flow), matches) === 'yes');
