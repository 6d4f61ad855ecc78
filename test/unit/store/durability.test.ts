import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'ava';
import { openAt, temporaryFolder } from './_fixtures.ts';

/** Starts a writer, kills it as soon as it said `events` ids, and returns the newest id that it said. */
async function writeAndKill(path: string, events: number): Promise<number> {
  const writer = spawn(process.execPath, ['--import=tsx', join(import.meta.dirname, '_writer.ts'), path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(writer, 'close');
  const deadline = setTimeout(() => writer.kill('SIGKILL'), 20_000);
  let newest = 0;
  let said = 0;
  for await (const line of createInterface({ input: writer.stdout })) {
    newest = Number(line);
    said += 1;
    if (said === events) writer.kill('SIGKILL');
  }
  clearTimeout(deadline);
  const [, signal] = await ended;
  return signal === 'SIGKILL' && said >= events ? newest : -1;
}

test('kill -9 in the midst of writing leaves a sound database with every event that was acknowledged', async (t) => {
  const path = join(temporaryFolder(t), 'state.db');
  let former = 0;
  for (const events of [1, 37, 120]) {
    const acknowledged = await writeAndKill(path, events);
    t.true(acknowledged >= events);
    const store = openAt(path);
    t.is(store.condition.state, 'ok');
    const newest = store.events({ limit: 1 })[0]?.id ?? 0;
    t.true(newest >= acknowledged, `${newest} stored, ${acknowledged} acknowledged`);
    t.true(newest <= acknowledged + 1, 'at most the one that was under way');
    t.is(store.closeInterrupted(), newest - former);
    former = newest;
    store.close();
  }
});
