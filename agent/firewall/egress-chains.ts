import type { ChainSpec, RuleSpec } from '../nftables/objects.ts';
import * as nft from '../nftables/statements.ts';
import type { LockedNetwork } from '../stack/types.ts';
import type { FirewallInput } from './input.ts';

const COUNTER = /^egress-(.+)-refused$/;

/** Counter of the packets that a locked service was refused, over both families. */
export const egressCounter = ({ locks }: LockedNetwork) => `egress-${locks}-refused`;

/** The service of such a counter; null for any other. */
export const serviceOfEgressCounter = (counter: string) => COUNTER.exec(counter)?.[1] ?? null;

const chainOf = ({ locks }: LockedNetwork) => `egress-${locks}`;
const comesFrom = ({ bridge }: LockedNetwork) => nft.equal(nft.iifname, bridge);

/**
 * What a locked service may send past its network: answers. All else fails at once, instead of after the time-out of
 * somebody who waits for it. A connection is told by its first packet, so that one
 * which it began while no rules were there ends as well. Where bridged packets pass these hooks too (br_netfilter),
 * those that stay inside do not concern us.
 */
export function egressChains({ locked }: FirewallInput): ChainSpec[] {
  return locked.map((network) => ({
    name: chainOf(network),
    rules: [
      { id: 'leave-inside', statements: [nft.equal(nft.oifname, network.bridge), nft.returnVerdict] },
      { id: 'leave-answers', statements: [nft.equal(nft.ctDirection, 'reply'), nft.returnVerdict] },
      {
        id: 'refuse-tcp',
        statements: [nft.equal(nft.l4proto, 'tcp'), nft.count(egressCounter(network)), nft.rejectTcp],
      },
      { id: 'refuse', statements: [nft.count(egressCounter(network)), nft.reject] },
    ],
  }));
}

/** Nothing is translated for it: what it may reach is beside it, and by a published address it is refused as by any. */
export function leaveLocked({ locked }: FirewallInput): RuleSpec[] {
  return locked.map((network) => ({
    id: `leave-${network.locks}`,
    statements: [comesFrom(network), nft.returnVerdict],
  }));
}

/** To other networks and to the world. By the interface: an address can be forged. */
export function lockForwarded({ locked }: FirewallInput): RuleSpec[] {
  return locked.map((network) => ({
    id: `lock-${network.locks}`,
    statements: [comesFrom(network), nft.jump(chainOf(network))],
  }));
}

/**
 * To this host, on whichever of its addresses. Over IPv6 a neighbour must be able to ask for an address before
 * anything can be answered or refused (RFC 4861); that it looks for routers is no attempt of the service.
 */
export function lockToHost({ locked }: FirewallInput): RuleSpec[] {
  const neighbourhood = { set: ['nd-router-solicit', 'nd-neighbor-solicit', 'nd-neighbor-advert'] };
  return locked.flatMap((network) => [
    {
      id: `neighbours-of-${network.locks}`,
      statements: [comesFrom(network), nft.equal(nft.icmpv6Type, neighbourhood), nft.accept],
    },
    { id: `lock-${network.locks}`, statements: [comesFrom(network), nft.jump(chainOf(network))] },
  ]);
}
