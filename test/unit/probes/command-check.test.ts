import { createServer } from 'node:net';
import test from 'ava';
import type { ExecOutcome } from '../../../agent/engine/types.ts';
import { askAll } from '../../../agent/probes/ask.ts';
import { createCommandChecker } from '../../../agent/probes/command-check.ts';
import type { Verdict } from '../../../agent/probes/types.ts';
import { AgentError } from '../../../agent/system/errors.ts';

const check = { service: 'livekit', containerId: 'c1', command: ['/check'], timeoutMs: 10_000 };

function checker(...outcomes: (Omit<ExecOutcome, 'execId'> | Error)[]) {
  let monotonicMs = 0;
  let runs = 0;
  let ended = false;
  const made = createCommandChecker({
    clock: { now: () => ({ bootId: 'b', monotonicMs, wall: '' }) },
    async exec() {
      runs += 1;
      const outcome = outcomes.shift() ?? { exitCode: 0, output: 'well\n' };
      if (outcome instanceof Error) throw outcome;
      return { execId: `e${runs}`, ...outcome };
    },
    exitCodeOf: async () => (ended ? 0 : null),
    redact: (text) => text.replaceAll('hunter2', '[redacted]'),
  });
  return {
    /** What is known after so many milliseconds. */
    after: async (ms: number, due = true, life = 'first') => {
      monotonicMs += ms;
      return made.ask({ ...check, life }, due);
    },
    end: () => {
      ended = true;
    },
    runs: () => runs,
  };
}

test('exit status 0 is well, any other is not, and the last line that was written is the evidence', async (t) => {
  const c = checker(
    { exitCode: 0, output: 'much\nall\u001b is well \n\n' },
    { exitCode: 2, output: 'the key hunter2 is refused' },
    { exitCode: 1, output: '' },
  );
  t.like(await c.after(0), { ok: true, kind: 'exec', detail: 'the check says: all  is well' });
  t.like(await c.after(5_000), {
    ok: false,
    kind: 'exec',
    detail: 'the check ended with status 2: the key [redacted] is refused',
  });
  t.like(await c.after(5_000), { ok: false, detail: 'the check ended with status 1: nothing' });
});

test('what it said is repeated while it is not due, and it runs at most every 5 s', async (t) => {
  const c = checker({ exitCode: 1, output: 'no' });
  t.is(await c.after(0, false), null);
  t.like(await c.after(0), { ok: false });
  t.like(await c.after(4_999), { ok: false });
  t.like(await c.after(60_000, false), { ok: false });
  t.is(c.runs(), 1);
  t.like(await c.after(0), { ok: true });
  t.is(await c.after(0, false, 'second'), null, 'of another life nothing is known');
  t.like(await c.after(0, true, 'second'), { ok: true });
  t.is(c.runs(), 3, 'and it is asked at once');
});

test('one that is late is a miss, and no other is begun before it has ended', async (t) => {
  const c = checker({ exitCode: null, output: '' });
  t.like(await c.after(0), { ok: false, detail: 'the check has not ended within 10000 ms, and goes on' });
  t.like(await c.after(5_000), { ok: false, detail: 'the check from before still runs' });
  t.is(c.runs(), 1);
  c.end();
  t.like(await c.after(5_000), { ok: true });
  t.is(c.runs(), 2);
});

test('a command that cannot be run, or an engine that does not answer, is not held against the service', async (t) => {
  const refused = new AgentError({ code: 'ENGINE_TIMEOUT', message: 'no answer', hint: '' });
  const c = checker({ exitCode: 127, output: 'no such file' }, refused);
  t.like(await c.after(0), {
    ok: true,
    detail: 'the check could not be run (exit status 127: no such file)',
  });
  t.like(await c.after(5_000), { ok: true, detail: 'the check could not be run (no answer)' });
});

test('the operator’s check is asked of a service that answers everything else, and speaks for it then', async (t) => {
  const asked: boolean[] = [];
  const verdictWith = (own: Verdict | null, port: number) =>
    askAll([{ kind: 'stun', host: '127.0.0.1', port }], {
      thorough: true,
      timeoutMs: 200,
      turnSecret: null,
      check: async (due) => {
        asked.push(due);
        return own;
      },
    });
  const no: Verdict = { ok: false, kind: 'exec', latencyMs: null, detail: 'the check says no' };
  t.like(await verdictWith(no, 1), { ok: false, kind: 'stun' }, 'nobody listens there');
  t.deepEqual(asked, []);
  const server = createServer((socket) => socket.on('error', () => undefined));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const address = server.address();
  if (typeof address !== 'object' || address === null) return t.fail();
  const answered = (own: Verdict | null) =>
    askAll([{ kind: 'tcp', host: '127.0.0.1', port: address.port }], {
      thorough: true,
      timeoutMs: 2_000,
      turnSecret: null,
      check: async () => own,
    });
  t.deepEqual(await answered(no), no);
  t.regex(
    (await answered({ ...no, ok: true, detail: 'the check says yes' })).detail,
    /accepted; the check says yes$/,
  );
  t.regex((await answered(null)).detail, /accepted$/);
});
