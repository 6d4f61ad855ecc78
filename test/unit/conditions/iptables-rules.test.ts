import test from 'ava';
import { parseIptablesRules } from '../../../agent/conditions/gather/iptables-rules.ts';

test('a rule is read as matches, target and text; quotes hold words together', (t) => {
  const line =
    '-A FORWARD ! -s 10.0.0.0/8 -m comment --comment "say \\"no\\" twice" -j LOG --log-prefix "a -j b"';
  const { chains, policies } = parseIptablesRules(`-P FORWARD DROP\n-N EMPTY\n${line}\n`);
  t.deepEqual([...policies], [['FORWARD', 'DROP']]);
  t.deepEqual(chains.get('EMPTY'), []);
  t.deepEqual(chains.get('FORWARD'), [
    {
      chain: 'FORWARD',
      matches: [
        { option: '-s', values: ['10.0.0.0/8'], negated: true },
        { option: '-m', values: ['comment'], negated: false },
        { option: '--comment', values: ['say "no" twice'], negated: false },
      ],
      target: 'LOG',
      goto: false,
      text: line,
    },
  ]);
});

test('a rule without a target, and an empty listing, are read too', (t) => {
  t.is(parseIptablesRules('-A FORWARD -p tcp').chains.get('FORWARD')?.[0]?.target, null);
  t.is(parseIptablesRules('').chains.size, 0);
});
