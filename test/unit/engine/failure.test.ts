import test from 'ava';
import { engineFailure } from '../../../agent/engine/failure.ts';
import { AgentError } from '../../../agent/system/errors.ts';

const context = { what: 'GET /version', socket: '/var/run/docker.sock', timeoutMs: 1000 };
const errno = (code: string) => Object.assign(new Error(`connect ${code}`), { code });

test('a listener whose queue is full is a hung engine, not a missing one', (t) => {
  t.is(engineFailure(errno('EAGAIN'), context).code, 'ENGINE_TIMEOUT');
});

test('a socket that may not be used is told apart from one that is not there', (t) => {
  const denied = engineFailure(errno('EACCES'), context);
  t.is(denied.code, 'ENGINE_UNREACHABLE');
  t.regex(denied.message, /no permission/);
  t.regex(denied.hint, /sudo/);
  t.notRegex(engineFailure(errno('ENOENT'), context).message, /permission/);
});

test('what is not understood keeps its own words', (t) => {
  const failure = engineFailure(new Error('something else'), context);
  t.is(failure.code, 'ENGINE_ERROR');
  t.is(failure.message, 'GET /version failed: something else');
});

test('an error of the family is passed on as it is', (t) => {
  const error = new AgentError({ code: 'X', message: 'm', hint: 'h' });
  t.is(engineFailure(error, context), error);
});
