import test from 'ava';
import { logLine } from '../../../agent/agentctl/render/log-line.ts';

test("a line of the agent's own log is told as time, level, words and what it is about", (t) => {
  const line = '{"level":40,"time":"2026-11-22T13:05:12.000Z","step":"table","msg":"not done"}';
  t.regex(logLine(line), /^2026-11-22 \d\d:05:12 {2}WARNING {2}not done {2}step=table$/);
  t.regex(logLine(line.replace('40', '30')), /^2026-11-22 \d\d:05:12 {2}not done {2}step=table$/);
});

test('any other line is as it was written, also one that begins like JSON', (t) => {
  for (const line of ['plain words', '{"level":30}', '{not json', '0: : log file opened'])
    t.is(logLine(line), line);
});

test('what is in a log cannot steer the terminal', (t) => {
  t.is(logLine('a\u001b[2Jb'), 'ab');
  t.is(logLine('tab\there\u0007\u202e'), 'tab\there\ufffd\ufffd');
});
