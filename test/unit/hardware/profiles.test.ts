import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { loadProfiles } from '../../../agent/hardware/load-profiles.ts';
import { parseProfile } from '../../../agent/hardware/parse-profile.ts';

const GENERIC = `name: generic
description: Any machine
match: {}
settings:
  sysctl:
    net.core.rmem_max: 16777216
    net.core.netdev_max_backlog: 4096
`;

/** Loads profiles from two folders with these files. */
async function load(shipped: Record<string, string>, overrides: Record<string, string> = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'aa-profiles-'));
  const folders = { shipped: join(directory, 'shipped'), overrides: join(directory, 'profiles.d') };
  try {
    for (const [folder, files] of [
      [folders.shipped, shipped],
      [folders.overrides, overrides],
    ] as const) {
      if (Object.keys(files).length === 0) continue;
      await mkdir(folder);
      for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    }
    return await loadProfiles(folders);
  } finally {
    await rm(directory, { recursive: true });
  }
}

const settingsOf = ({ profiles }: Awaited<ReturnType<typeof load>>, name: string) =>
  profiles.find((profile) => profile.name === name)?.settings;

test('a profile inherits settings key by key, over several steps, but not what it is for', async (t) => {
  const loaded = await load({
    'generic.yaml': GENERIC,
    'box.yaml':
      'name: box\ndescription: d\nextends: generic\nsettings:\n  governor: performance\n  sysctl:\n    net.core.netdev_max_backlog: 9000\n',
    'box2.yaml': 'name: box2\ndescription: d\nextends: box\nsettings:\n  rps: always\n',
  });
  t.deepEqual(loaded.refused, []);
  t.deepEqual(settingsOf(loaded, 'box2'), {
    sysctl: { 'net.core.rmem_max': 16777216, 'net.core.netdev_max_backlog': 9000 },
    governor: 'performance',
    rps: 'always',
  });
  const box2 = loaded.profiles.find(({ name }) => name === 'box2');
  t.deepEqual(box2?.ancestors, ['box', 'generic']);
  t.is(box2?.match, null);
});

test('an override takes the place of the profile of its name, may extend that, and is extended by the others', async (t) => {
  const loaded = await load(
    {
      'generic.yaml': GENERIC,
      'box.yaml': 'name: box\ndescription: d\nextends: generic\n',
    },
    {
      'generic.yaml':
        'name: generic\ndescription: ours\nextends: generic\nmatch: {}\nsettings:\n  sysctl:\n    net.core.rmem_max: 33554432\n',
    },
  );
  t.deepEqual(loaded.refused, []);
  t.deepEqual(settingsOf(loaded, 'box')?.sysctl, {
    'net.core.rmem_max': 33554432,
    'net.core.netdev_max_backlog': 4096,
  });
});

test('what extends a profile that is not there, or itself, is refused by itself', async (t) => {
  const loaded = await load({
    'generic.yaml': GENERIC,
    'a.yaml': 'name: a\ndescription: d\nextends: b\n',
    'b.yaml': 'name: b\ndescription: d\nextends: a\n',
    'c.yaml': 'name: c\ndescription: d\nextends: nothing\n',
  });
  t.deepEqual(
    loaded.profiles.map(({ name }) => name),
    ['generic'],
  );
  t.deepEqual(loaded.refused, [
    'a extends b extends a',
    'b extends a extends b',
    'c: there is no profile nothing to extend',
  ]);
});

test('a tie is told, and a file that is wrong leaves the others in force', async (t) => {
  const loaded = await load(
    { 'generic.yaml': GENERIC, 'any.yaml': 'name: any\ndescription: d\nmatch: {}\n' },
    { 'site.yaml': 'name: site\n' },
  );
  t.is(loaded.profiles.length, 2);
  t.is(loaded.refused.length, 2);
  t.regex(loaded.refused[0] ?? '', /site\.yaml.*description/);
  t.is(loaded.refused[1], 'any and generic match the same machine with the same score');
});

for (const [what, text, right] of [
  [
    'a setting that is not known',
    'governer: performance',
    /:4: settings\.governer: .*did you mean governor\?/,
  ],
  [
    'a kernel setting that no profile may write',
    'sysctl: { kernel.core_pattern: 1 }',
    /kernel\.core_pattern: there is no such setting/,
  ],
  [
    'a value of another kind',
    'sysctl: { net.core.rmem_max: much }',
    /:4: settings\.sysctl\.net\.core\.rmem_max: .*number/,
  ],
  ['a value that no kernel takes', 'sysctl: { net.core.rmem_max: -1 }', /rmem_max/],
  [
    'a budget that is out of range',
    'rps: always\nprobes:\n  startup: 2s',
    /:6: probes\.startup: .*write 5s to 1h/,
  ],
  ['a budget without a unit', 'rps: always\nprobes:\n  timeout: 2', /:6: probes\.timeout/],
  ['another governor', 'governor: turbo', /:4: settings\.governor/],
] as const) {
  test(`${what} is refused with its place`, (t) => {
    const parsed = parseProfile(`name: a\ndescription: d\nsettings:\n  ${text}\n`, '/p/a.yaml');
    t.false(parsed.ok);
    if (!parsed.ok) t.regex(parsed.why, right);
  });
}

for (const [what, text] of [
  ['a star in the middle of a pattern', 'name: a\ndescription: d\nmatch: { productName: [N*C] }\n'],
  ['a name that is not that of its file', 'name: b\ndescription: d\n'],
  ['an empty file', ''],
  ['text that is no YAML', '{'],
] as const) {
  test(`${what} is refused`, (t) => {
    t.false(parseProfile(text, '/p/a.yaml').ok);
  });
}
