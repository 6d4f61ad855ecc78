import type { ChainSpec, RuleSpec } from '../nftables/objects.ts';
import * as nft from '../nftables/statements.ts';
import type { Account } from './accounts.ts';

/** The chains that count: a rule for each port, jumped to by the chains that see the packets. */
export function accountChains(published: readonly Account[], open: readonly Account[]): ChainSpec[] {
  return [
    accountChain('published-flows', published, nft.dport, 'flows'),
    accountChain('published-flows-first', published, nft.sport, 'flows'),
    accountChain('published-in', published, nft.dport, 'inbound'),
    accountChain('published-out', published, nft.sport, 'outbound'),
    accountChain('open-flows', open, nft.dport, 'flows'),
    accountChain('open-out', open, nft.sport, 'outbound'),
  ];
}

/** Matches the packets of an account by their destination or source port. */
export const portsOf = (account: Pick<Account, 'protocol' | 'from' | 'to'>, port: nft.Expression) => [
  nft.equal(nft.l4proto, account.protocol),
  nft.equal(port, account.from === account.to ? account.from : { range: [account.from, account.to] }),
];

function accountChain(
  name: string,
  accounts: readonly Account[],
  port: nft.Expression,
  counter: keyof Account['counters'],
): ChainSpec {
  return {
    name,
    rules: accounts.map(
      (account): RuleSpec => ({
        id: `count-${account.protocol}-${account.from}`,
        statements: [...portsOf(account, port), nft.count(account.counters[counter])],
      }),
    ),
  };
}
