import test from 'ava';
import { MARK_SETTING, withMarkSetting } from '../../../agent/release/daemon-json.ts';

const PATH = '/etc/docker/daemon.json';
const setting: object = JSON.parse(`{${MARK_SETTING}}`);

test('where there is nothing, the setting is all', (t) => {
  for (const text of [null, '', '\n', '{}', '{ }\n']) {
    t.is(withMarkSetting(text, PATH), '{\n  "bridge-accept-fwmark": "0x200000/0x200000"\n}\n');
  }
});

for (const text of [
  '{\n  "firewall-backend": "nftables",\n  "log-driver": "journald"\n}\n',
  '{\n\t"firewall-backend": "nftables"\n}',
  '\n{"firewall-backend": "nftables", "insecure-registries": ["{x}"]}\n',
  '{ \r\n  "firewall-backend": "nftables"\r\n}\r\n',
]) {
  test(`to ${JSON.stringify(text)} it is added on a line of its own, and all else stays as it is written`, (t) => {
    const changed = withMarkSetting(text, PATH) ?? '';
    t.deepEqual(JSON.parse(changed), { ...JSON.parse(text), ...setting });
    const lines = changed.split('\n').filter((line) => line !== `  ${MARK_SETTING},`);
    t.is(lines.length, changed.split('\n').length - 1);
    t.deepEqual(JSON.parse(lines.join('\n')), JSON.parse(text), 'without the line it is what it was');
    t.is(lines.join('').replaceAll(/\s/g, ''), text.replaceAll(/\s/g, ''));
    t.is(withMarkSetting(changed, PATH), null, 'and it is added once');
  });
}

test('a setting for another mark is left to a person', (t) => {
  t.throws(() => withMarkSetting('{"bridge-accept-fwmark": "0x1"}', PATH), {
    code: 'DAEMON_JSON_TAKEN',
    message: /another mark/,
  });
});

for (const [text, line] of [
  ['{\n  "a": 1\n  "b": 2\n}', 3],
  ['{\n  "a": 1,\n}', 3],
  ["{\n  'a': 1\n}", 2],
  ['{\n  "a": [1, 2\n}', 3],
  ['{\n  "a": "never ended\n}', 2],
  ['{\n  // as it was\n  "a": 1\n}', 2],
  ['{"a": 1}\n\nagain', 3],
  ['{\n  "a": 1\n', 3],
  ['iptables: false', 1],
] as const) {
  test(`${JSON.stringify(text)} is refused with line ${line}, and none of it is repeated`, (t) => {
    const error = t.throws(() => withMarkSetting(text, PATH), { code: 'DAEMON_JSON_INVALID' });
    t.is(error?.message, `${PATH}:${line} is not valid JSON`);
  });
}

test('what is no object is refused', (t) => {
  for (const text of ['[]', '"x"', 'null', '7']) {
    t.throws(() => withMarkSetting(text, PATH), {
      code: 'DAEMON_JSON_INVALID',
      message: `${PATH} is not a JSON object`,
    });
  }
});
