import test from 'ava';
import * as nft from '../../../agent/nftables/index.ts';

const rule: nft.RuleSpec = { id: 'mark-ours', statements: [nft.equal(nft.ctMark, 5), nft.accept] };

test('a comment is the id and a hash, and reads back as both', (t) => {
  const comment = nft.ruleComment(rule);
  t.regex(comment, /^mark-ours [0-9a-f]{12}$/);
  t.deepEqual(nft.parseRuleComment(comment), { id: 'mark-ours', hash: nft.hashStatements(rule.statements) });
});

test('the hash is that of the JSON, so that it stays the same from release to release', (t) => {
  // printf '[{"accept":null}]' | sha256sum
  t.is(nft.hashStatements([nft.accept]), 'b118f6fd73db');
});

test('equal statements have one hash; another order, and another value, has another', (t) => {
  const [statement, verdict] = [nft.equal(nft.ctMark, 5), nft.accept];
  t.is(nft.hashStatements([statement, verdict]), nft.hashStatements(rule.statements));
  t.not(nft.hashStatements([statement, verdict]), nft.hashStatements([verdict, statement]));
  t.not(nft.hashStatements([nft.equal(nft.ctMark, 5)]), nft.hashStatements([nft.equal(nft.ctMark, 6)]));
});

test("somebody else's comment is not taken for one of ours", (t) => {
  for (const comment of ['', 'web', 'web 123', 'Web 0123456789ab', 'web 0123456789AB', 'a b 0123456789ab']) {
    t.is(nft.parseRuleComment(comment), null, comment);
  }
});
