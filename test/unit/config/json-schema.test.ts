import test from 'ava';
import { parse } from 'yaml';
import * as z from 'zod';
import { DEFAULT_CONFIG_TEXT } from '../../../agent/config/default-config.ts';
import { applianceJsonSchema } from '../../../agent/config/json-schema.ts';
import { parseConfig } from '../../../agent/config/parse-config.ts';
import { CONFIGURABLE_SERVICES, serviceSettings } from '../../../agent/config/services.ts';

const schema = applianceJsonSchema();
const editor = z.fromJSONSchema(schema);
const editorAccepts = (text: string) => editor.safeParse(parse(text)).success;
const agentAccepts = (text: string) => parseConfig(text, 'appliance.yaml').ok;

const NEEDED = `
domains: {rtc: rtc.example.org, matrix: matrix.example.org, serverName: example.org}
vpn: {ranges: [10.8.0.0/24]}
certificates: {kind: acme}
`;

const ACCEPTED = {
  'the file that the installer writes': DEFAULT_CONFIG_TEXT.replace(
    '#stack: element-call',
    'stack: embedded',
  ),
  'a file with what is needed': NEEDED,
  'an empty section': `${NEEDED}network:\nturn:\n  realm: turn.example.org\n`,
  'every setting': `stack: element-call
domains: {rtc: rtc.example.org, matrix: m.example.org, serverName: example.org, turn: turn.example.org}
vpn: {ranges: [10.8.0.0/24]}
certificates: {kind: private-ca, certificate: /tls/c.pem, key: /tls/k.pem, ca: /tls/ca.pem}
capacity: {participants: 100}
network:
  addresses: [203.0.113.10]
  subnet: 172.30.6.0/24
  subnet6: none
  publicAddresses: [198.51.100.7]
turn:
  realm: turn.example.org
  relayPorts: 50000-50999
healing: {silenceLimit: 20s}
services:
  tuwunel: {startup: 5min, liveness: 30s, livenessMisses: 5, readinessMisses: 3, interval: 20s, timeout: 5s}
  livekit: {check: [/bin/check, --quick]}
firewall:
  mode: enforce
  management:
    networks: [192.0.2.0/24, "2001:db8::/32"]
    ports: [22, 51820/udp]
  trial: 10min
site: {hostname: appliance-hall, mdns: false}
`,
};

for (const [what, text] of Object.entries(ACCEPTED)) {
  test(`an editor finds no mistake in ${what}, and the agent takes it`, (t) => {
    t.true(agentAccepts(text));
    t.true(editorAccepts(text));
  });
}

for (const text of [
  'netwrok: {}',
  'turn: { relam: turn.example.org }',
  'network: { addresses: 7 }',
  'network: { addresses: [] }',
  'network: { subnet: 172.30.6.0 }',
  'network: { publicAddresses: 203.0.113.10 }',
  'turn: { relayPorts: 49152 }',
  'turn: { realm: [turn.example.org] }',
  'turn: 7',
  'stack: embeded',
  'domains: {rtx: rtc.example.org}',
  'certificates: {kind: letsencrypt}',
  'vpn: {ranges: []}',
  'capacity: {participants: many}',
  'services: { tuwunel: { startup: soon } }',
  'services: { tuwunel: { livenessMisses: 0 } }',
  'services: { tuwunel: { check: /bin/check } }',
  'services: { tuwunel: { check: [] } }',
  'services: { synapse: { startup: 1min } }',
  'firewall: { mode: off }',
  'firewall: { management: { ports: [] } }',
  'firewall: { management: { networks: 192.0.2.0/24 } }',
]) {
  test(`an editor marks what the agent refuses: ${text}`, (t) => {
    t.false(agentAccepts(text));
    t.false(editorAccepts(text));
  });
}

/** Every path of a schema's properties. */
function pathsOf(node: unknown, at = ''): string[] {
  if (typeof node !== 'object' || node === null || !('properties' in node)) return at === '' ? [] : [at];
  return Object.entries(node.properties ?? {}).flatMap(([key, inner]) =>
    pathsOf(inner, at === '' ? key : `${at}.${key}`),
  );
}

test('every setting of the agent is in it, and no other', (t) => {
  const parsed = parseConfig(NEEDED, 'appliance.yaml');
  const settings = [
    ...(parsed.ok ? parsed.defaults : []),
    ...['domains.rtc', 'domains.matrix', 'domains.serverName', 'vpn.ranges'],
    ...['healing.silenceLimit', 'healing.startLimit'],
    ...CONFIGURABLE_SERVICES.flatMap((service) =>
      Object.keys(serviceSettings).map((name) => `services.${service}.${name}`),
    ),
    ...['kind', 'email', 'certificate', 'key', 'ca'].map((key) => `certificates.${key}`),
  ];
  t.deepEqual(pathsOf(schema).sort(), settings.sort());
});
