/** Whether a rule is about our packets. `depends`: about some of them, by something that cannot be decided here. */
export type Holds = 'yes' | 'no' | 'depends';

export type Action =
  | { readonly kind: 'accept' | 'drop' | 'return' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string };

/** A rule held against a packet; `rule` is whatever its reader needs to name it. */
export interface JudgedRule<Rule> {
  readonly holds: Holds;
  /** Null for a rule that decides nothing, e.g. one that only counts. */
  readonly action: Action | null;
  readonly rule: Rule;
}

export interface Outcome<Rule> {
  /** `drop` only when every such packet is dropped. */
  readonly verdict: 'accept' | 'drop';
  /** The rule that decided over all packets; null for the policy, or when several rules share them. */
  readonly by: Rule | null;
  /** What drops some of the packets, or all that an undecidable rule left; `policy` for the chain's policy. */
  readonly mayDrop: readonly (Rule | 'policy')[];
}

/** What a chain did: decided over all packets, or let some come back, and accepted some for good. */
type Passage<Rule> =
  | { readonly all: 'accept' | 'drop'; readonly by: Rule }
  | { readonly all: null; readonly back: boolean; readonly leaked: boolean };

/**
 * Follows a packet through a base chain and the chains that it jumps to, as netfilter does (nft(8), "verdict
 * statements"). Where an undecidable rule accepted some of the packets before, a drop is only one that may happen.
 */
export function follow<Rule>(
  chain: string,
  policy: 'accept' | 'drop',
  rulesOf: (chain: string) => readonly JudgedRule<Rule>[],
): Outcome<Rule> {
  const mayDrop: (Rule | 'policy')[] = [];
  const end = walk(chain, true, rulesOf, mayDrop);
  if (end.all !== null) return { verdict: end.all, by: end.by, mayDrop };
  if (policy === 'drop' && end.back) {
    if (!end.leaked) return { verdict: 'drop', by: null, mayDrop };
    mayDrop.push('policy');
  }
  return { verdict: 'accept', by: null, mayDrop };
}

/** `sure`: whether all packets come here. */
function walk<Rule>(
  chain: string,
  sure: boolean,
  rulesOf: (chain: string) => readonly JudgedRule<Rule>[],
  mayDrop: (Rule | 'policy')[],
): Passage<Rule> {
  let all = sure;
  let returned = false;
  let leaked = false;
  for (const { holds, action, rule } of rulesOf(chain)) {
    if (holds === 'no' || action === null) continue;
    const always = holds === 'yes';
    switch (action.kind) {
      case 'accept':
        if (always && all) return { all: 'accept', by: rule };
        leaked = true;
        if (always) return { all: null, back: returned, leaked };
        all = false;
        break;
      case 'drop':
        if (always && all) return { all: 'drop', by: rule };
        mayDrop.push(rule);
        if (always) return { all: null, back: returned, leaked };
        break;
      case 'return':
        if (always) return { all: null, back: true, leaked };
        returned = true;
        all = false;
        break;
      case 'jump':
      case 'goto': {
        const below = walk(action.chain, all && always, rulesOf, mayDrop);
        if (below.all !== null) return below;
        leaked ||= below.leaked;
        if (below.leaked) all = false;
        if (always && !below.back) return { all: null, back: returned, leaked };
        if (action.kind === 'goto' && always) return { all: null, back: true, leaked };
        if (action.kind === 'goto' && below.back) {
          returned = true;
          all = false;
        }
      }
    }
  }
  return { all: null, back: true, leaked };
}
