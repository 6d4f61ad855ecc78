import test from 'ava';
import { differencesNow, driftSince } from '../../../agent/reconcile/drift.ts';
import { desire, healthy, listingOf } from './world.ts';

test('a listing that agreed with an equal table is not compared again; another listing, or another table, is', async (t) => {
  const { table } = desire(await healthy());
  const [listing, later] = [await listingOf(table), { ...(await listingOf(table)), chains: [] }];
  const converged = { spec: table, listing };
  t.deepEqual(differencesNow(converged, structuredClone(table), listing), []);
  t.not(differencesNow(converged, table, later).length, 0);
  t.not(differencesNow(converged, table, null).length, 0);
  t.not(differencesNow(null, table, later).length, 0);
  const other = { ...table, counters: [...table.counters, 'one-more'] };
  t.deepEqual(differencesNow(converged, other, listing), ['counter one-more is missing']);
});

test('a rule that was replaced behind its comment is drift, though nothing is missing', async (t) => {
  const { table } = desire(await healthy());
  const listing = await listingOf(table);
  const [chain, ...chains] = listing.chains.filter(({ rules }) => rules.length > 0);
  const [rule, ...rules] = chain?.rules ?? [];
  if (chain === undefined || rule === undefined) throw new Error('there is a rule');
  const others = listing.chains.filter((one) => one !== chain && !chains.includes(one));
  const replaced = {
    ...listing,
    chains: [{ ...chain, rules: [{ ...rule, expr: [{ drop: null }] }, ...rules] }, ...chains, ...others],
  };
  t.deepEqual(driftSince({ spec: table, listing }, listing), []);
  t.deepEqual(driftSince({ spec: table, listing }, replaced), [
    'a rule was replaced by another with the same comment',
  ]);
});
