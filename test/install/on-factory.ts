import type { ExecutionContext } from 'ava';
import { needs, testWhen } from '../support/needs.ts';
import type { Identity } from './identity.ts';
import { boot, type Clone, type Factory, makeFactory, removeFactory } from './image.ts';

const MINUTE = 60_000;

/** What the tests of images share: it takes a minute to make. They run in order, each on what the one before left. */
export interface Site {
  readonly factory: Factory;
  /** Boots a clone, which is gone when the tests end. */
  boot(root: string): Promise<Clone>;
  /** The clone that was booted first, on a machine of its own; what comes later happens to it. */
  first: FirstClone | null;
}

interface FirstClone {
  readonly root: string;
  readonly clone: Clone;
  readonly identity: Identity;
}

export function firstClone({ first }: Site): FirstClone {
  if (first === null) throw new Error('the first clone was not booted');
  return first;
}

/** Declares a test on the site. */
export type TestOnSite = (title: string, check: (t: ExecutionContext, site: Site) => Promise<void>) => void;

/** Declares tests that share one image and its bundles, made before the first and removed after the last. */
export function onFactory(): TestOnSite {
  const test = testWhen(
    needs({ root: true, commands: ['mmdebstrap', 'systemd-nspawn', 'nsenter', 'unshare'] }),
  );
  const clones: Clone[] = [];
  let site: Site | null = null;
  test.before(async (t) => {
    t.timeout(8 * MINUTE);
    const bootClone = async (root: string) => {
      const clone = await boot(root);
      clones.push(clone);
      return clone;
    };
    site = { factory: await makeFactory(), boot: bootClone, first: null };
  });
  test.after.always(async () => {
    for (const clone of clones) await clone.destroy();
    if (site !== null) await removeFactory(site.factory);
  });
  return (title, check) =>
    test(title, async (t) => {
      if (site === null) return t.fail('there is no image');
      await check(t, site);
    });
}
