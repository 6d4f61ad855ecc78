import test from 'ava';
import type { MachineFacts } from '../../../agent/hardware/machine.ts';
import { selectProfile } from '../../../agent/hardware/match.ts';
import type { MatchRule } from '../../../agent/hardware/profile-schema.ts';
import type { Profile } from '../../../agent/hardware/profiles.ts';
import { findTies } from '../../../agent/hardware/ties.ts';

const NUC: MachineFacts = {
  dmi: { sysVendor: 'Intel(R) Client Systems', productName: 'NUC11TNHi3', boardName: 'NUC11TNBi3' },
  deviceTree: { model: null, board: null, soc: null },
  cpu: { vendor: 'Intel', model: 'Core™ i3-1115G4' },
  cores: 4,
  frequencyPolicies: [],
  virtual: false,
  nics: [
    { name: 'eno1', pci: '8086:15f3', driver: 'igc', rxQueues: [] },
    { name: 'enx0', pci: null, driver: 'r8152', rxQueues: [] },
  ],
};

const profile = (name: string, match: MatchRule | null, origin: Profile['origin'] = 'shipped'): Profile => ({
  name,
  description: name,
  origin,
  ancestors: [],
  match,
  settings: {},
  firmware: {},
  probes: {},
  temperature: null,
});

const chosen = (...profiles: Profile[]) => selectProfile(profiles, NUC).chosen;

test('the most specific profile wins, and says by what', (t) => {
  const result = chosen(
    profile('any', {}),
    profile('vendor', { sysVendor: ['Intel(R) Client Systems'] }),
    profile('model', { sysVendor: ['Intel(R) Client Systems'], productName: ['NUC11TNHi3'] }),
    profile('family', { sysVendor: ['Intel(R) Client Systems'], productName: ['NUC*'] }),
  );
  t.is(result?.profile.name, 'model');
  t.is(result?.score, 68);
  t.deepEqual(result?.evidence, ['product name: NUC11TNHi3 (64)', 'vendor: Intel(R) Client Systems (4)']);
});

test('every key must hold, of the texts of a key one; the whole text counts more than its beginning', (t) => {
  const both = profile('both', { sysVendor: ['Intel(R) Client Systems'], productName: ['apu2'] });
  const [result] = selectProfile([both], NUC).results;
  t.is(result?.score, null);
  t.deepEqual(result?.evidence, ['product name: NUC11TNHi3, not apu2']);
  t.is(chosen(profile('p', { productName: ['NUC*', 'NUC11TNHi3'] }))?.score, 64);
  t.is(chosen(profile('p', { productName: ['apu2', 'NUC*'] }))?.score, 32);
});

test('a network interface is matched by its PCI id or its driver, whichever of them it is', (t) => {
  t.is(chosen(profile('p', { nic: ['8086:15f3'] }))?.score, 8);
  t.is(chosen(profile('p', { nic: ['r8152'] }))?.score, 8);
  t.is(chosen(profile('p', { nic: ['igb'] })), null);
});

test('a profile without a match is never chosen, and without any that matches there is none', (t) => {
  t.is(chosen(profile('base', null)), null);
  t.is(chosen(profile('vm', { virtual: true })), null);
  t.is(chosen(profile('metal', { virtual: false }), profile('any', {}))?.profile.name, 'metal');
});

test('at the same score an override goes before a profile of the release', (t) => {
  const rule = { productName: ['NUC11TNHi3'] };
  t.is(chosen(profile('a', rule), profile('site', rule, 'override'))?.profile.name, 'site');
});

const ties = (a: MatchRule | null, b: MatchRule | null, origin: Profile['origin'] = 'shipped') =>
  findTies([profile('a', a), profile('b', b, origin)]).length;

test('two profiles that one machine matches with the same score are a tie', (t) => {
  t.is(ties({}, {}), 1);
  t.is(ties({ productName: ['x', 'apu2'] }, { productName: ['apu2'] }), 1);
  t.is(ties({ productName: ['NUC*'] }, { productName: ['NUC11*'] }), 1);
  t.is(ties({ nic: ['igb'] }, { nic: ['igc'] }), 1, 'a machine may have both');
  t.is(ties({ nic: ['igb'] }, { cpuModel: ['N100'] }), 1);
});

test('profiles that differ in score, or that no machine can be at once, are none', (t) => {
  t.is(ties({ productName: ['NUC*'] }, { productName: ['NUC11TNHi3'] }), 0);
  t.is(ties({ productName: ['apu2'] }, { productName: ['apu3'] }), 0);
  t.is(ties({ productName: ['PowerEdge R*'] }, { productName: ['NUC*'] }), 0);
  t.is(ties({ productName: ['apu2'], virtual: true }, { productName: ['apu2'], virtual: false }), 0);
  t.is(ties(null, {}), 0);
  t.is(ties({}, {}, 'override'), 0);
});
