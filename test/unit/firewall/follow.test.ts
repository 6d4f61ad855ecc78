import test from 'ava';
import { type Action, follow, type Holds, type JudgedRule } from '../../../agent/firewall/follow.ts';

type Line = readonly [Holds, 'accept' | 'drop' | 'return' | 'count' | `${'jump' | 'goto'} ${string}`];

/** Follows chains on paper, which begin at `base`; a rule is named `chain:index`. */
function followed(chains: Readonly<Record<string, readonly Line[]>>, policy: 'accept' | 'drop' = 'accept') {
  return follow('base', policy, (chain) =>
    (chains[chain] ?? []).map(([holds, what], index): JudgedRule<string> => {
      return { holds, action: toAction(what), rule: `${chain}:${index}` };
    }),
  );
}

function toAction(what: Line[1]): Action | null {
  const [kind, chain = ''] = what.split(' ');
  if (kind === 'jump' || kind === 'goto') return { kind, chain };
  return kind === 'accept' || kind === 'drop' || kind === 'return' ? { kind } : null;
}

const dropped = (by: string | null, ...mayDrop: string[]) => ({ verdict: 'drop', by, mayDrop });
const accepted = (by: string | null, ...mayDrop: string[]) => ({ verdict: 'accept', by, mayDrop });

test('the first rule that holds decides, and one that only counts does not', (t) => {
  t.deepEqual(
    followed({
      base: [
        ['no', 'drop'],
        ['yes', 'count'],
        ['yes', 'accept'],
        ['yes', 'drop'],
      ],
    }),
    accepted('base:2'),
  );
  t.deepEqual(
    followed({
      base: [
        ['yes', 'drop'],
        ['yes', 'accept'],
      ],
    }),
    dropped('base:0'),
  );
});

test('at the end of a base chain its policy decides', (t) => {
  t.deepEqual(followed({ base: [['no', 'accept']] }, 'drop'), dropped(null));
  t.deepEqual(followed({ base: [['no', 'drop']] }), accepted(null));
  t.deepEqual(
    followed(
      {
        base: [
          ['yes', 'return'],
          ['yes', 'accept'],
        ],
      },
      'drop',
    ),
    dropped(null),
  );
});

test('a jump comes back, a goto ends the chain that it came from', (t) => {
  t.deepEqual(
    followed({
      base: [
        ['yes', 'jump a'],
        ['yes', 'drop'],
      ],
      a: [['yes', 'return']],
    }),
    dropped('base:1'),
  );
  t.deepEqual(
    followed({
      base: [
        ['yes', 'goto a'],
        ['yes', 'drop'],
      ],
      a: [['yes', 'return']],
    }),
    accepted(null),
  );
  const nested = {
    base: [
      ['yes', 'jump a'],
      ['yes', 'accept'],
    ],
    a: [
      ['yes', 'goto b'],
      ['yes', 'drop'],
    ],
    b: [],
  } as const;
  t.deepEqual(followed(nested), accepted('base:1'));
});

test('a rule that drops some packets may drop; those that are left go on', (t) => {
  t.deepEqual(
    followed(
      {
        base: [
          ['depends', 'drop'],
          ['yes', 'accept'],
        ],
      },
      'drop',
    ),
    accepted('base:1', 'base:0'),
  );
  t.deepEqual(followed({ base: [['depends', 'drop']] }, 'drop'), dropped(null, 'base:0'));
});

test('after a rule that accepts some packets nothing drops all of them', (t) => {
  t.deepEqual(followed({ base: [['depends', 'accept']] }, 'drop'), accepted(null, 'policy'));
  t.deepEqual(
    followed({
      base: [
        ['depends', 'accept'],
        ['yes', 'drop'],
      ],
    }),
    accepted(null, 'base:1'),
  );
  t.deepEqual(
    followed({
      base: [
        ['yes', 'jump a'],
        ['yes', 'drop'],
      ],
      a: [['depends', 'accept']],
    }),
    accepted(null, 'base:1'),
  );
});

test('what an undecidable rule jumps to decides over some packets only', (t) => {
  t.deepEqual(
    followed({
      base: [
        ['depends', 'jump a'],
        ['yes', 'accept'],
      ],
      a: [['yes', 'drop']],
    }),
    accepted('base:1', 'a:0'),
  );
  t.deepEqual(
    followed({
      base: [
        ['depends', 'goto a'],
        ['yes', 'drop'],
      ],
      a: [],
    }),
    accepted(null, 'base:1'),
  );
});

test('where all packets come back from a chain that some left early, the caller decides over all', (t) => {
  const chains = {
    base: [
      ['yes', 'jump a'],
      ['yes', 'drop'],
    ],
    a: [
      ['depends', 'return'],
      ['no', 'accept'],
    ],
  } as const;
  t.deepEqual(followed(chains), dropped('base:1'));
  const early = {
    base: [['yes', 'jump a']],
    a: [
      ['depends', 'return'],
      ['yes', 'drop'],
    ],
  } as const;
  t.deepEqual(followed(early), accepted(null, 'a:1'));
});
