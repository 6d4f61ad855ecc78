import test from 'ava';
import { createGiveBack } from '../../../agent/system/give-back.ts';

const MiB = 1024 ** 2;

test('garbage is collected first, and again once three MiB more are in use than were left', (t) => {
  let used = 20 * MiB;
  let collections = 0;
  const giveBack = createGiveBack({
    usedBytes: () => used,
    collect() {
      collections += 1;
      used = 10 * MiB;
    },
  });
  giveBack();
  t.is(collections, 1);
  used = 13 * MiB - 1;
  giveBack();
  t.is(collections, 1);
  used = 13 * MiB;
  giveBack();
  t.is(collections, 2);
});
