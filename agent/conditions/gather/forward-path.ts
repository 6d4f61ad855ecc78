import { describeError } from '../../system/errors.ts';
import type { Run } from '../../system/processes.ts';
import { known, unknown } from '../findings.ts';
import type { Facts, ForwardPath } from '../types.ts';
import { forwardPathState } from './forward-path-state.ts';
import { type FilterListing, IPTABLES, listFilterRules, programName } from './iptables.ts';

const OURS = /^-A DOCKER-USER .*--comment appliance-agent -j ACCEPT$/m;

/** Reads the filter tables with `iptables -S` and `ip6tables -S`; needs root. Bounded to 10 s. */
export async function gatherForwardPath(run: Run, netDirectory?: string): Promise<Facts['forwardPath']> {
  try {
    return known(forwardPath(await listFilterRules(run, netDirectory)));
  } catch (error) {
    return unknown(describeError(error));
  }
}

export function forwardPath(
  listings: readonly FilterListing[],
): Extract<Facts['forwardPath'], { known: true }>['value'] {
  const ipv4 = listings.filter(({ family }) => family === 'ip');
  const ipv6 = listings.filter(({ family }) => family === 'ip6');
  return {
    ...pathThrough(ipv4),
    inUse: ipv4.filter(isUsed).map(({ program }) => programName(program)),
    ipv6: ipv6.some(hasDockerUser) ? pathThrough(ipv6) : null,
  };
}

/** Every listing is in force: a packet must get through all of them. Docker's is the one that has its chain. */
function pathThrough(listings: readonly FilterListing[]): ForwardPath {
  const states = listings.map((listing) => ({ program: listing.program, ...forwardPathState(listing) }));
  const closed = states.find(({ open }) => !open);
  const docker = listings.find(hasDockerUser);
  const decisive = closed ?? states.find(({ program }) => program === docker?.program) ?? states[0];
  const by = decisive && listings.length > 1 ? `${programName(decisive.program)}: ` : '';
  return {
    open: closed === undefined,
    detail: `${by}${decisive?.detail ?? ''}`,
    rule: docker === undefined ? 'no-chain' : OURS.test(docker.rules) ? 'present' : 'missing',
    program: docker?.program ?? IPTABLES,
  };
}

export const hasDockerUser = ({ rules }: FilterListing) => /^-N DOCKER-USER$/m.test(rules);

/** Whether anybody wrote a rule or a policy there. */
const isUsed = ({ rules }: FilterListing) => /^-A |^-P \S+ DROP$/m.test(rules);
