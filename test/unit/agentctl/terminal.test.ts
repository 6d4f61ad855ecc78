import { PassThrough } from 'node:stream';
import test from 'ava';
import { coloured, plain, processTerminal } from '../../../agent/agentctl/terminal.ts';

const stream = (isTTY: boolean, columns: number) =>
  Object.assign(new PassThrough(), { isTTY, columns }) as unknown as NodeJS.WriteStream;

test('colours are for a terminal only, and not where NO_COLOR is set', (t) => {
  t.is(processTerminal(stream(true, 80), {}).paint, coloured);
  t.is(processTerminal(stream(true, 80), { NO_COLOR: '' }).paint, coloured);
  t.is(processTerminal(stream(true, 80), { NO_COLOR: '1' }).paint, plain);
  t.is(processTerminal(stream(true, 80), { TERM: 'dumb' }).paint, plain);
  t.is(processTerminal(stream(false, 80), {}).paint, plain);
});

test('a screen is 60 to 100 columns wide, whatever the terminal is', (t) => {
  const widths = [20, 80, 100, 300].map((columns) => processTerminal(stream(true, columns), {}).columns);
  t.deepEqual(widths, [60, 80, 100, 100]);
});

test('colours are what a terminal understands', (t) => {
  t.is(coloured('red', 'bad'), '\x1b[31mbad\x1b[39m');
  t.is(plain('red', 'bad'), 'bad');
});
