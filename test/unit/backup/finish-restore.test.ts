import { access, cp, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { finishRestore, PLAN, restoredNow } from '../../../agent/backup/finish-restore.ts';
import { stage } from '../../../agent/backup/stage.ts';
import type { Paths } from '../../../agent/system/paths.ts';
import { contentOf, newPaths, writeState } from './state.ts';

const ASIDE = 'before-restore-x';
const NEW_STATE = ['secrets', 'data', 'accepted.yaml', 'state.db'];

/** An appliance with a state and a restore that waits; `bare`: one that has nothing yet. */
async function waiting(t: ExecutionContext, bare = false): Promise<Paths> {
  const donor = await newPaths(t);
  await writeState(donor, 'restored');
  const paths = await newPaths(t);
  if (!bare) {
    await writeState(paths, 'old');
    await writeFile(`${paths.database}-wal`, 'old');
  }
  await stage(donor, paths.restore, (work) => work());
  const plan = { createdAt: '2026-01-01T00:00:00Z', aside: ASIDE };
  await writeFile(join(paths.restore, PLAN), JSON.stringify(plan));
  return paths;
}

async function restored(t: ExecutionContext, paths: Paths, place: string): Promise<void> {
  const content = await contentOf(paths.root);
  const state = Object.entries(content).filter(
    ([path]) => !path.includes(ASIDE) && !path.includes('/restored/'),
  );
  t.deepEqual(
    state.filter(([path, text]) => path.endsWith('-wal') || !text.includes('restored')),
    [],
    place,
  );
  t.is(state.length, 9, place);
}

/** The changes that a restore makes on the disk, in their order: after any of them it may be cut off. */
function moves(paths: Paths): readonly (() => Promise<unknown>)[] {
  const old = join(paths.stateDirectory, ASIDE);
  const here = (name: string) => join(paths.stateDirectory, name);
  return [
    () => mkdir(old),
    () => cp(paths.config, join(old, 'appliance.yaml')),
    ...['secrets', 'data', 'accepted.yaml', 'state.db', 'state.db-wal'].map(
      (name) => () => rename(here(name), join(old, name)),
    ),
    () => writeFile(join(paths.restore, 'cleared'), ''),
    ...NEW_STATE.map((name) => () => rename(join(paths.restore, 'state', name), here(name))),
    () => cp(join(paths.restore, 'etc/appliance.yaml'), paths.config),
    () => cp(join(paths.restore, 'etc/profiles.d/mine.yaml'), join(paths.profileOverrides, 'mine.yaml')),
    () => rename(paths.restore, paths.restored),
  ];
}

test('a restore that is cut off after any change of the disk is finished, and nothing old is lost', async (t) => {
  const all = moves(await waiting(t)).length;
  for (let made = 0; made <= all; made += 1) {
    const paths = await waiting(t);
    for (const move of moves(paths).slice(0, made)) await move();
    let stopped = 0;
    const stopStack = async () => {
      stopped += 1;
      return true;
    };
    const place = `cut off after ${made} of ${all}`;
    t.true(await finishRestore(paths, stopStack), place);
    t.is(stopped, made === 0 ? 1 : 0, `the stack is stopped before the first change, ${place}`);
    await restored(t, paths, place);
    const old = await contentOf(join(paths.stateDirectory, ASIDE));
    t.is(Object.keys(old).length, 9, place);
    t.true(
      Object.values(old).every((text) => text.includes('old')),
      place,
    );
  }
});

test('it is told once, and then forgotten', async (t) => {
  const paths = await waiting(t);
  t.true(await finishRestore(paths, async () => true));
  t.true(await finishRestore(paths, async () => true), 'while nobody has recorded it');
  const { createdAt, aside, forget } = await restoredNow(paths);
  t.deepEqual([createdAt, aside], ['2026-01-01T00:00:00Z', ASIDE]);
  await forget();
  t.false(await finishRestore(paths, async () => true));
});

test('while the stack cannot be stopped nothing is begun', async (t) => {
  const paths = await waiting(t);
  const before = await contentOf(paths.root);
  t.false(await finishRestore(paths, async () => false));
  t.deepEqual(await contentOf(paths.root), before);
  await t.throwsAsync(access(join(paths.stateDirectory, ASIDE)));
});

test('a machine without any state takes up that of another', async (t) => {
  const paths = await waiting(t, true);
  t.true(await finishRestore(paths, async () => true));
  await restored(t, paths, 'bare');
});
