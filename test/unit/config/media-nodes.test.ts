import test from 'ava';
import { parseConfig } from '../../../agent/config/parse-config.ts';

const PAGE = [
  'domains: {rtc: rtc.example.org, matrix: matrix.example.org, serverName: example.org, turn: relay2.example.org}',
  'vpn: {ranges: [10.8.0.0/24]}',
];

function problems(...lines: readonly string[]): readonly string[] {
  const parsed = parseConfig([...PAGE, ...lines].join('\n'), 'appliance.yaml');
  return parsed.ok ? [] : parsed.problems.map(({ path, message }) => `${path}: ${message}`);
}

test('an appliance that carries media needs the first one’s address, and no certificate', (t) => {
  t.deepEqual(problems('role: media', 'primary: 10.8.0.1'), []);
  t.deepEqual(problems('role: all'), ['certificates: it is missing']);
});

for (const [what, lines, problem] of [
  ['without a primary', ['role: media'], 'primary: it is missing, with role: media'],
  [
    'with a primary outside the VPN',
    ['role: media', 'primary: 192.0.2.1'],
    'primary: 192.0.2.1 is not in vpn.ranges',
  ],
  [
    'that is helped itself',
    ['role: media', 'primary: 10.8.0.1', 'mediaNodes: [10.8.0.9]'],
    'mediaNodes: an appliance with role: media is helped by nobody',
  ],
  [
    'that is the first, and names one',
    ['certificates: {kind: acme}', 'primary: 10.8.0.1'],
    'primary: it is of no use without role: media',
  ],
  [
    'that is helped from outside the VPN',
    ['certificates: {kind: acme}', 'mediaNodes: [10.8.0.9, 192.0.2.9]'],
    'mediaNodes[1]: 192.0.2.9 is not in vpn.ranges',
  ],
  [
    'that is helped twice by the same',
    ['certificates: {kind: acme}', 'mediaNodes: [10.8.0.9, 10.8.0.9]'],
    'mediaNodes[1]: 10.8.0.9 is listed twice',
  ],
  ['of no known role', ['role: relay', 'certificates: {kind: acme}'], 'role: "relay" is not a role'],
] as const) {
  test(`an appliance ${what} is refused`, (t) => {
    t.deepEqual(problems(...lines), [problem]);
  });
}

test('the relay of an appliance that carries media has a name of its own', (t) => {
  const text = [...PAGE, 'role: media', 'primary: 10.8.0.1']
    .join('\n')
    .replace(', turn: relay2.example.org', '');
  const parsed = parseConfig(text, 'appliance.yaml');
  t.deepEqual(parsed.ok ? [] : parsed.problems.map(({ path }) => path), ['domains.turn']);
});
