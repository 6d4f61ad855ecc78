import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { elementCallStack } from '../../../../agent/stack/element-call/stack.ts';
import { APPLIANCES, asText } from './samples.ts';

const golden = join(import.meta.dirname, 'golden');

// After a change that is meant: UPDATE_GOLDEN=1 npx ava test/unit/stack/element-call, and look at the diff.
for (const [name, input] of Object.entries(APPLIANCES)) {
  test(`what is rendered for an appliance of the kind ${name} is what was agreed on`, async (t) => {
    const text = asText(elementCallStack.render(input));
    const path = join(golden, `${name}.txt`);
    if (process.env.UPDATE_GOLDEN) await writeFile(path, text);
    t.deepEqual(text.split('\n'), (await readFile(path, 'utf8')).split('\n'));
    t.is(asText(elementCallStack.render(structuredClone(input))), text);
  });
}
