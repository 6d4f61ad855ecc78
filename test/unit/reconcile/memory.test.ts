import { join } from 'node:path';
import test from 'ava';
import { createMemory } from '../../../agent/reconcile/memory.ts';
import { handClock, openAt, temporaryFolder } from '../store/_fixtures.ts';
import { at } from './world.ts';

test('the addresses that coturn was given are remembered in this boot, and are nothing to go by in the next', (t) => {
  const store = openAt(join(temporaryFolder(t), 'state.db'), handClock());
  t.teardown(() => store.close());
  createMemory(store, at(0)).turnAddressesInUse(['192.0.2.10']);
  t.deepEqual(createMemory(store, at(5_000)).history().turnAddresses, ['192.0.2.10']);
  t.is(createMemory(store, at(0, 'boot-2')).history().turnAddresses, null);
});
