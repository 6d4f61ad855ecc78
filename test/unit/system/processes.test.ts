import test from 'ava';
import { run, runOk } from '../../../agent/system/processes.ts';

const sh = (script: string, options: Partial<Parameters<typeof run>[2]> = {}) =>
  run('/bin/sh', ['-c', script], { timeoutMs: 5_000, ...options });

test('a program is run to its end, whatever it exits with', async (t) => {
  t.like(await sh('echo out; echo err >&2; exit 3'), { exitCode: 3, stdout: 'out\n', stderr: 'err\n' });
});

test('a program that a signal ends has no exit status', async (t) => {
  t.is((await sh('kill -9 $$')).exitCode, null);
});

test('its input is empty, its folder and further variables are as asked, ours are kept', async (t) => {
  const { stdout } = await sh('cat; pwd; echo $MORE; test -n "$PATH"', { cwd: '/tmp', env: { MORE: 'x' } });
  t.is(stdout, '/tmp\nx\n');
});

test('a letter whose bytes come apart is read whole', async (t) => {
  t.is((await sh("printf '\\303'; sleep 0.05; printf '\\274'")).stdout, 'ü');
});

test('one that does not end is killed at the limit, and not waited for if its child holds the pipe', async (t) => {
  const begun = performance.now();
  await t.throwsAsync(sh('sleep 3 & exec sleep 30', { timeoutMs: 200 }), {
    code: 'PROCESS_TIMEOUT',
    message: '/bin/sh did not finish within 200 ms',
  });
  t.true(performance.now() - begun < 2_000);
});

test('one that floods is killed', async (t) => {
  await t.throwsAsync(sh('yes', { maxBytes: 100_000 }), { code: 'PROCESS_OUTPUT_TOO_LARGE' });
});

test('one that is not there could not be started, and the error says why', async (t) => {
  await t.throwsAsync(run('/nonexistent/nft', [], { timeoutMs: 1_000 }), {
    code: 'PROCESS_NOT_STARTED',
    message: '/nonexistent/nft could not be started',
  });
});

test('runOk rejects with the last words of a program that fails', async (t) => {
  const options = { timeoutMs: 5_000, code: 'X_FAILED', hint: 'h' };
  await t.throwsAsync(runOk(run, '/bin/sh', ['-c', 'echo no room >&2; exit 4'], options), {
    code: 'X_FAILED',
    message: '/bin/sh -c exited 4: no room',
  });
});
