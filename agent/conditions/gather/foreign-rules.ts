import { type Flow, flowName } from '../../firewall/flows.ts';
import {
  type ForeignChain,
  type ForeignVerdict,
  foreignChains,
  verdictMaps,
  verdictsOf,
} from '../../firewall/foreign-tables.ts';
import type { Json } from '../../nftables/json.ts';
import { describeError } from '../../system/errors.ts';
import type { Run } from '../../system/processes.ts';
import { known, unknown } from '../findings.ts';
import type { Facts, ForeignRule } from '../types.ts';
import { iptablesVerdicts } from './foreign-iptables.ts';
import { ownerOf } from './foreign-owner.ts';
import { listFilterRules } from './iptables.ts';

const NFT = '/usr/sbin/nft';
const TIMEOUT_MS = 5_000;

/** A verdict of somebody else's rule over one flow. */
export interface FlowVerdict extends Omit<ForeignRule, 'flows'> {
  readonly flow: Flow;
  readonly certain: boolean;
}

export interface ForeignRulesPorts {
  readonly run: Run;
  readonly flows: readonly Flow[];
  /** See `listFilterRules`. */
  readonly netDirectory?: string;
}

/**
 * What the rules of others do to these flows. Needs root. The tables are listed one by one, without the elements of
 * their sets, and only those that hang where our packets pass: an old nft may crash on a table of a newer one, and
 * that must cost no more than this table. Each run of nft is bounded to 5 s.
 */
export async function gatherForeignRules(ports: ForeignRulesPorts): Promise<Facts['foreignRules']> {
  const { run, flows } = ports;
  if (flows.length === 0) return unknown('it is not known yet what is published');
  const unread: string[] = [];
  const verdicts: FlowVerdict[] = [];
  try {
    const chains = foreignChains(await listJson(run, ['list', 'chains']), flows);
    for (const chain of chains) {
      try {
        verdicts.push(...(await verdictsOfChain(run, chain, flows)));
      } catch (error) {
        unread.push(`table ${chain.family} ${chain.table}: ${describeError(error)}`);
      }
    }
  } catch (error) {
    if (describeError(error) === NEEDS_ROOT) return unknown(NEEDS_ROOT);
    unread.push(`the chains of nftables: ${describeError(error)}`);
  }
  try {
    verdicts.push(...iptablesVerdicts(await listFilterRules(run, ports.netDirectory), flows));
  } catch (error) {
    unread.push(`the filter table of iptables: ${describeError(error)}`);
  }
  return known({
    drops: byRule(verdicts.filter(({ certain }) => certain)),
    mayDrop: byRule(verdicts.filter(({ certain }) => !certain)),
    unread: [...new Set(unread)],
  });
}

async function verdictsOfChain(
  run: Run,
  chain: ForeignChain,
  flows: readonly Flow[],
): Promise<FlowVerdict[]> {
  const { family, table } = chain;
  const listing = await listJson(run, ['-t', 'list', 'table', family, table]);
  const maps = await Promise.all(
    verdictMaps(listing).map((map) => listJson(run, ['list', 'map', family, table, map])),
  );
  // Of two objects of one name the first is taken: that of the map with its elements.
  const whole = { nftables: [...maps, listing].flatMap(objectsOf) };
  const verdicts = flows.flatMap((flow) => verdictsOf(chain, whole, flow));
  return Promise.all(verdicts.map((verdict) => inWords(run, chain, verdict)));
}

async function inWords(run: Run, base: ForeignChain, verdict: ForeignVerdict): Promise<FlowVerdict> {
  const { flow, certain, family, table, chain, handle } = verdict;
  const place = `table ${family} ${table}, chain ${chain}`;
  const policy = `policy drop of the ${base.hook} hook`;
  const rule = handle === null ? policy : await ruleText(run, verdict, handle);
  return { flow, certain, place, rule, owner: ownerOf({ family, table, chain }) };
}

/** A rule in nft's words, with its handle. */
async function ruleText(run: Run, { family, table, chain }: ForeignVerdict, handle: number): Promise<string> {
  const { stdout } = await nft(run, ['-a', 'list', 'chain', family, table, chain]);
  const line = stdout.split('\n').find((text) => text.trimEnd().endsWith(`# handle ${handle}`));
  return line === undefined ? `the rule with handle ${handle}` : line.trim().replace(' # handle', ', handle');
}

/** One entry a rule, with every flow that it concerns. */
function byRule(verdicts: readonly FlowVerdict[]): readonly ForeignRule[] {
  const rules = new Map<string, readonly FlowVerdict[]>();
  for (const verdict of verdicts) {
    const key = `${verdict.place} ${verdict.rule}`;
    rules.set(key, [...(rules.get(key) ?? []), verdict]);
  }
  return [...rules.values()].flatMap((ofOne) =>
    ofOne.slice(0, 1).map(({ owner, place, rule }) => ({ owner, place, rule, flows: flowNames(ofOne) })),
  );
}

/** The family is named only of flows that are concerned over IPv6 alone. */
function flowNames(verdicts: readonly FlowVerdict[]): readonly string[] {
  const names = (family: Flow['family']) =>
    new Set(verdicts.flatMap(({ flow }) => (flow.family === family ? [flowName(flow)] : [])));
  const ipv4 = names('ip');
  const alone = [...names('ip6')].filter((name) => !ipv4.has(name));
  return [...ipv4, ...alone.map((name) => `${name} over IPv6`)];
}

const NEEDS_ROOT = 'needs root';

async function nft(run: Run, args: readonly string[]): Promise<{ readonly stdout: string }> {
  const result = await run(NFT, args, { timeoutMs: TIMEOUT_MS });
  if (result.exitCode === 0) return result;
  if (result.stderr.includes('Operation not permitted')) throw new Error(NEEDS_ROOT);
  const how = result.exitCode === null ? 'was ended by a signal' : `exited ${result.exitCode}`;
  throw new Error(`nft ${args.join(' ')} ${how}: ${result.stderr.trim().slice(0, 300)}`);
}

const listJson = async (run: Run, args: readonly string[]): Promise<Json> =>
  JSON.parse((await nft(run, ['-j', ...args])).stdout);

function objectsOf(listing: Json): readonly Json[] {
  return typeof listing === 'object' &&
    listing !== null &&
    'nftables' in listing &&
    Array.isArray(listing.nftables)
    ? listing.nftables
    : [];
}
