import { describeError } from '../../system/errors.ts';
import type { Run } from '../../system/processes.ts';
import { known, unknown } from '../findings.ts';
import type { Facts } from '../types.ts';
import { forwardPathState } from './forward-path-state.ts';
import { type FilterListing, IPTABLES, listFilterRules, programName } from './iptables.ts';

const OURS = /^-A DOCKER-USER .*--comment appliance-agent -j ACCEPT$/m;

/** Reads the filter tables with `iptables -S`; needs root. Bounded to 10 s. */
export async function gatherForwardPath(run: Run, legacyTables?: string): Promise<Facts['forwardPath']> {
  try {
    return known(forwardPath(await listFilterRules(run, legacyTables)));
  } catch (error) {
    return unknown(describeError(error));
  }
}

/** Every listing is in force: a packet must get through all of them. Docker's is the one that has its chain. */
export function forwardPath(
  listings: readonly FilterListing[],
): Extract<Facts['forwardPath'], { known: true }>['value'] {
  const states = listings.map(({ program, rules }) => ({ program, ...forwardPathState(rules) }));
  const closed = states.find(({ open }) => !open);
  const docker = listings.find(({ rules }) => /^-N DOCKER-USER$/m.test(rules));
  const decisive = closed ?? states.find(({ program }) => program === docker?.program) ?? states[0];
  const by = decisive && listings.length > 1 ? `${programName(decisive.program)}: ` : '';
  return {
    open: closed === undefined,
    detail: `${by}${decisive?.detail ?? ''}`,
    rule: docker === undefined ? 'no-chain' : OURS.test(docker.rules) ? 'present' : 'missing',
    program: docker?.program ?? IPTABLES,
    inUse: listings.filter(isUsed).map(({ program }) => programName(program)),
  };
}

/** Whether anybody wrote a rule or a policy there. */
const isUsed = ({ rules }: FilterListing) => /^-A |^-P \S+ DROP$/m.test(rules);
