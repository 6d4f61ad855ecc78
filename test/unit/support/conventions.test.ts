import { globSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { matchesGlob } from 'node:path';
import test from 'ava';
import { filesOf, TIERS } from '../../support/tiers.ts';

const project = new URL('../../../', import.meta.url);

test('every test file belongs to one tier', async (t) => {
  const files = (await readdir(new URL('test', project), { recursive: true })).filter((file) =>
    file.endsWith('.test.ts'),
  );
  for (const file of files) {
    const tiers = TIERS.filter(({ files: pattern }) => matchesGlob(`test/${file}`, pattern));
    t.is(tiers.length, 1, `test/${file} is in no tier, or in more than one`);
  }
});

test('a tier that runs files of others names only those that there are', (t) => {
  for (const tier of TIERS) {
    for (const glob of filesOf(tier)) {
      const names = /\{(.*)\}/.exec(glob)?.[1]?.split(',') ?? [glob];
      const found = globSync(glob, { cwd: project });
      t.true(found.length >= names.length, `${tier.name}: ${glob} finds ${found.join(', ')}`);
    }
  }
});

test('every test file of a tier that not each machine can run says what it needs', async (t) => {
  for (const { name, needs } of TIERS.filter((tier) => tier.needs.root === true)) {
    const folder = new URL(`test/${name}/`, project);
    const files = (await readdir(folder)).filter((file) => file.endsWith('.test.ts'));
    for (const file of files) {
      const text = await withHelpers(new URL(file, folder));
      t.regex(
        text,
        /testWhen\(\s*needs\(/,
        `test/${name}/${file}: declare its tests with testWhen(needs(…))`,
      );
    }
    t.true((needs.commands ?? []).length > 0);
  }
});

test('test/setup.sh brings every command that the tiers need', async (t) => {
  const setup = await readFile(new URL('test/setup.sh', project), 'utf8');
  // Every Debian machine has util-linux.
  const required = TIERS.flatMap(({ needs }) => needs.commands ?? []).filter(
    (command) => !['nsenter', 'unshare'].includes(command),
  );
  for (const command of required) t.regex(setup, new RegExp(`^${command} \\S`, 'm'), command);
});

/** A test file, and the helpers beside it, and theirs, that may declare its tests. */
async function withHelpers(file: URL): Promise<string> {
  const text = await readFile(file, 'utf8');
  const helpers = [...text.matchAll(/from '(\.\/[^']+)'/g)].map(([, path]) => new URL(path ?? '', file));
  return [text, ...(await Promise.all(helpers.map((helper) => withHelpers(helper))))].join('\n');
}
