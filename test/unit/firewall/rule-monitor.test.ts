import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { followRules } from '../../../agent/firewall/rule-monitor.ts';

const EVENT = '{"delete": {"table": {"family": "inet", "name": "appliance"}}}';
const FOREIGN = '{"delete": {"table": {"family": "inet", "name": "theirs"}}}';

/** Follows what a shell script prints instead of nft, for `ms`; resolves to what was reported. */
async function followed(t: ExecutionContext, command: readonly string[], ms: number) {
  const stop = new AbortController();
  t.teardown(() => stop.abort());
  const changes: number[] = [];
  const ended: string[] = [];
  let others = 0;
  const startedAt = performance.now();
  const following = followRules({
    command,
    signal: stop.signal,
    onChange: () => changes.push(performance.now() - startedAt),
    onOtherChange: () => {
      others += 1;
    },
    onEnded: (reason) => ended.push(reason),
  });
  await sleep(ms);
  const abortedAt = performance.now();
  stop.abort();
  await following;
  return { changes, others, ended, endedAfterMs: performance.now() - abortedAt };
}

const shell = (script: string) => ['/bin/sh', '-c', script];

test('a change wakes once for all its lines, and the abort ends the child at once', async (t) => {
  const { changes, ended, endedAfterMs } = await followed(
    t,
    shell(`sleep 1; for i in 1 2 3 4 5; do echo '${EVENT}'; done; exec sleep 60`),
    2_500,
  );
  // The first look is for what happened before anybody listened.
  t.is(changes.length, 2, String(changes));
  t.deepEqual(ended, []);
  t.true(endedAfterMs < 1_000, `${endedAfterMs} ms`);
});

test('changes of others wake nobody, and are told', async (t) => {
  const { changes, others } = await followed(t, shell(`sleep 0.6; echo '${FOREIGN}'; exec sleep 60`), 1_500);
  t.is(changes.length, 1, String(changes));
  t.is(others, 1);
});

test('who never ceases to change the rules gets two looks a second', async (t) => {
  const { changes } = await followed(t, shell(`while :; do echo '${EVENT}'; sleep 0.01; done`), 2_500);
  t.true(changes.length >= 3 && changes.length <= 6, String(changes));
});

test('a monitor that ends is started again, each time later, and its last words are told', async (t) => {
  const { ended } = await followed(t, shell('echo "no netlink here" >&2; exit 3'), 1_500);
  t.true(ended.length >= 2 && ended.length <= 4, String(ended));
  t.regex(ended[0] ?? '', /exit 3.*no netlink here/);
});

test('that there is no nft is told, and does no harm', async (t) => {
  const { ended, changes } = await followed(t, ['/nonexistent/nft'], 400);
  t.regex(ended[0] ?? '', /ENOENT/);
  t.deepEqual(changes, []);
});

test('a line without an end is given up', async (t) => {
  const { ended } = await followed(t, shell('head -c 8000000 /dev/zero | tr "\\0" x; exec sleep 60'), 1_500);
  t.regex(ended[0] ?? '', /characters/);
});
