import type { Flow } from '../../firewall/flows.ts';
import { ownerOf } from './foreign-owner.ts';
import type { FlowVerdict } from './foreign-rules.ts';
import { hasDockerUser } from './forward-path.ts';
import { forwardPathState } from './forward-path-state.ts';
import { type FilterListing, programName } from './iptables.ts';
import { followIptables } from './iptables-follow.ts';
import { type ChainRule, parseIptablesRules } from './iptables-rules.ts';

/** What the filter tables of iptables do to these flows. A forward path that is blocked as a whole has its own name. */
export function iptablesVerdicts(listings: readonly FilterListing[], flows: readonly Flow[]): FlowVerdict[] {
  return listings.flatMap((listing) => {
    const { family, program, rules: text } = listing;
    const rules = parseIptablesRules(text);
    const isJudged = family === 'ip' || hasDockerUser(listing);
    const isBlocked = isJudged && !forwardPathState(listing).open;
    return flows.flatMap((flow): FlowVerdict[] => {
      if (flow.family !== family) return [];
      if (flow.way === 'forward' && isBlocked) return [];
      const hook = flow.way === 'forward' ? 'FORWARD' : 'INPUT';
      const inWords = (found: ChainRule | 'policy' | null, certain: boolean): FlowVerdict => {
        const isPolicy = found === null || found === 'policy';
        const chain = isPolicy ? hook : found.chain;
        const rule = isPolicy ? `policy DROP (\`-P ${hook} DROP\`)` : found.text;
        const place = `${programName(program)}, table filter, chain ${chain}`;
        // ufw's policy is the end of its own chains.
        const owner =
          isPolicy && /\n-N ufw6?-/.test(text) ? 'ufw' : ownerOf({ family, table: 'filter', chain });
        return { flow, certain, place, rule, owner };
      };
      const outcome = followIptables(rules, hook, flow);
      return [
        ...(outcome.verdict === 'drop' ? [inWords(outcome.by, true)] : []),
        ...outcome.mayDrop.map((found) => inWords(found, false)),
      ];
    });
  });
}
