import test from 'ava';
import fc from 'fast-check';
import type { DiskSpace } from '../../../agent/conditions/types.ts';
import { planStorage } from '../../../agent/reconcile/plan-storage.ts';
import type { Observed, StorageState } from '../../../agent/reconcile/types.ts';
import { healthy, images, storage } from './world.ts';

const MiB = 1024 ** 2;
const GiB = 1024 * MiB;
const space = (availableBytes: number, sizeBytes = 8 * GiB): DiskSpace => ({
  availableBytes,
  sizeBytes,
  files: null,
});
const machine = await healthy();

const planned = (changes: Partial<StorageState>, seen: Partial<Observed> = {}) =>
  planStorage({ ...machine, ...seen, storage: { ok: true, value: { ...storage, ...changes } } });
const kinds = (changes: Partial<StorageState>, seen: Partial<Observed> = {}) =>
  planned(changes, seen).map((step) =>
    step.kind === 'remove-image' ? `${step.kind} ${step.image.reference}` : step.kind,
  );

test('room is set aside where there is plenty, and given back when there is hardly any', (t) => {
  t.deepEqual(planned({ state: space(6 * GiB), ballastBytes: null }), [
    {
      kind: 'make-ballast',
      why: 'nothing is set aside for a full disk, and 6.0 GiB are free',
      bytes: 64 * MiB,
    },
  ]);
  t.deepEqual(kinds({ state: space(200 * MiB), ballastBytes: 64 * MiB }), []);
  t.deepEqual(planned({ state: space(200 * MiB - 1), ballastBytes: 64 * MiB }), [
    { kind: 'release-ballast', why: 'only 200 MiB are free' },
  ]);
  t.deepEqual(kinds({ state: space(0), ballastBytes: null }), [], 'there is nothing left to give back');
});

test('what was given back is set aside again only with a margin', (t) => {
  const enough = 1280 * MiB + 64 * MiB;
  t.deepEqual(kinds({ state: space(enough - 1), ballastBytes: null }), []);
  t.deepEqual(kinds({ state: space(enough), ballastBytes: null }), ['make-ballast']);
});

test('however full the disk is, setting aside and giving back never take turns', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 16 * GiB }), (free) => {
      const [made] = planned({ state: space(free, 16 * GiB), ballastBytes: null });
      if (made?.kind !== 'make-ballast') return;
      t.deepEqual(kinds({ state: space(free - made.bytes, 16 * GiB), ballastBytes: made.bytes }), []);
    }),
  );
});

test('an image of another release is removed from the engine where there is little room, unless something uses it', (t) => {
  const [livekit, coturn] = images;
  if (!livekit || !coturn) return t.fail();
  const old = { ...livekit, reference: 'appliance-agent/livekit:0' };
  const oldImages = { ok: true, value: [old, coturn] } as const;
  t.deepEqual(kinds({ oldImages }), [], 'there is room');
  t.deepEqual(kinds({ engineData: space(GiB - 1), oldImages }), ['remove-image appliance-agent/livekit:0']);
  const dark = { engine: { ok: false, why: 'it does not answer' } } as const;
  t.deepEqual(kinds({ engineData: space(GiB - 1), oldImages }, dark), []);
});

test('what cannot be seen leads to nothing, and an engine that does not answer keeps no ballast from being given back', (t) => {
  t.deepEqual(planStorage({ ...machine, storage: { ok: false, why: 'a dead mount' } }), []);
  const unseen = { ok: false, why: 'no answer' } as const;
  t.deepEqual(kinds({ state: space(0), engineData: space(0), oldImages: unseen }, { engine: unseen }), [
    'release-ballast',
  ]);
});
