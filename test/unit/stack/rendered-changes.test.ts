import test from 'ava';
import fc from 'fast-check';
import { elementCallStack } from '../../../agent/stack/element-call/stack.ts';
import { lineDiff } from '../../../agent/stack/line-diff.ts';
import { renderedChanges } from '../../../agent/stack/rendered-changes.ts';
import type { RenderInput } from '../../../agent/stack/types.ts';
import { secrets } from '../reconcile/world.ts';
import { changed, elementCall, plain } from './element-call/samples.ts';

const onDisk = new Map(elementCallStack.render(plain).map(({ path, content }) => [path, content]));
const changesOf = (input: RenderInput) =>
  renderedChanges(onDisk, elementCallStack.render(input), [
    ...Object.values(secrets),
    ...Object.values(input.secrets),
  ]);

test('what is as it is changes nothing', (t) => {
  t.deepEqual(changesOf(plain), { anew: [], gone: [], files: [] });
});

test('another network of the VPN changes a line, and restarts nothing', (t) => {
  t.deepEqual(changesOf(changed({ elementCall: { vpn: { ranges: ['10.9.0.0/24'] } } })), {
    anew: [],
    gone: [],
    files: [
      {
        path: 'traefik/dynamic/routes.yml',
        lines: ['-           - 10.8.0.0/24', '+           - 10.9.0.0/24'],
      },
    ],
  });
});

test('another name of the relay names the services that are made anew, and not their labels', (t) => {
  const { anew, files } = changesOf(
    changed({ elementCall: { domains: { ...elementCall.domains, turn: 'turn.example.org' } } }),
  );
  t.deepEqual(anew, ['livekit', 'tuwunel']);
  t.deepEqual(
    files.map(({ path }) => path),
    ['compose.yaml', 'livekit/livekit.yaml'],
  );
  t.notRegex(JSON.stringify(files), /generation/);
});

test('an appliance that from now on only helps another one loses what the other one has', (t) => {
  const role = { role: 'media', primary: '10.8.0.9' } as const;
  t.deepEqual(changesOf(changed({ elementCall: role })).gone, ['lk-jwt', 'tuwunel', 'traefik']);
});

test('no secret is shown, neither one that stays nor one that goes or comes', (t) => {
  const other = { ...secrets, turn: 'e'.repeat(64), livekitSecret: 'f'.repeat(64) };
  const certificates = {
    certificate: '-----BEGIN CERTIFICATE-----\nc\n-----END CERTIFICATE-----\n',
    key: '-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----\n',
    ca: null,
  };
  const kind = { kind: 'files', certificate: '/c.pem', key: '/k.pem' } as const;
  const shown = JSON.stringify(
    changesOf(
      changed(
        { elementCall: { certificates: kind }, config: { capacity: { participants: 9 } } },
        { secrets: other, certificates },
      ),
    ),
  );
  for (const value of [...Object.values(secrets), ...Object.values(other)]) t.false(shown.includes(value));
  t.notRegex(shown, /hush/);
  t.regex(shown, /total-quota=36/);
});

test('before anything was rendered everything is new', (t) => {
  const files = elementCallStack.render(plain);
  const { anew, files: all } = renderedChanges(new Map(), files, Object.values(secrets));
  t.is(anew.length, 5);
  t.is(all.length, files.length);
});

test('the lines of a diff turn one text into the other', (t) => {
  const text = fc
    .array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 })
    .map((lines) => lines.join('\n'));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const diff = lineDiff(before, after);
      const count = (of: string) => of.split('\n').length;
      const come = diff.filter((line) => line.startsWith('+ ')).length;
      const go = diff.filter((line) => line.startsWith('- ')).length;
      t.is(count(before) - go + come, count(after));
      t.is(diff.length === 0, before === after);
    }),
  );
});
