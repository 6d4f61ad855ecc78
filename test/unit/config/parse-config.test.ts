import test from 'ava';
import fc from 'fast-check';
import { DEFAULT_CONFIG_TEXT } from '../../../agent/config/default-config.ts';
import { parseConfig } from '../../../agent/config/parse-config.ts';
import { formatConfigProblems } from '../../../agent/config/problems.ts';
import { DEFAULT_CONFIG } from '../../../agent/config/schema.ts';

const DEFAULTS = [
  'role',
  'primary',
  'mediaNodes',
  'domains.turn',
  'network.addresses',
  'network.subnet',
  'network.subnet6',
  'network.publicAddresses',
  'turn.realm',
  'turn.relayPorts',
  'capacity.participants',
  'healing.restarts',
  'healing.recreations',
  'healing.imageReloads',
  'healing.stackRestarts',
  'healing.engineRestarts',
  'healing.reboot',
  'healing.rebootEvery',
  'healing.firstDelay',
  'healing.slowBeat',
  'healing.budget',
  'healing.forgiveAfter',
  'firewall.mode',
  'firewall.management.networks',
  'firewall.management.ports',
  'firewall.trial',
  'site.hostname',
  'site.mdns',
];

/** The least that the stack of a real appliance needs. */
const NEEDED = `
domains: {rtc: rtc.example.org, matrix: matrix.example.org, serverName: example.org}
vpn: {ranges: [10.8.0.0/24]}
certificates: {kind: acme}
`;

/** The problems of a text as a person sees them; none when it is accepted. */
function refusals(text: string): string[] {
  const parsed = parseConfig(text, 'appliance.yaml');
  return parsed.ok ? [] : formatConfigProblems(parsed.problems, parsed.file).split('\n');
}

test('the defaults are what the documentation says', (t) => {
  t.deepEqual(DEFAULT_CONFIG, {
    stack: 'embedded',
    network: {
      addresses: 'auto',
      subnet: '172.30.5.0/24',
      subnet6: 'fd4a:9c1e:7d30:5::/64',
      publicAddresses: [],
    },
    turn: { realm: 'appliance.internal', relayPorts: { from: 49152, to: 49663 } },
    capacity: { participants: 128 },
    elementCall: null,
    healing: {
      restarts: 3,
      recreations: 2,
      imageReloads: 1,
      stackRestarts: 1,
      engineRestarts: 2,
      reboot: 'never',
      rebootEvery: 86_400_000,
      firstDelay: 1_000,
      slowBeat: 300_000,
      budget: 30,
      forgiveAfter: 600_000,
    },
    services: {},
    firewall: {
      mode: 'publish',
      management: { networks: 'any', ports: [{ protocol: 'tcp', port: 22 }] },
      trial: 300_000,
    },
    site: { hostname: 'auto', mdns: true },
  });
});

test('a real appliance is told what it needs, when it has no configuration and when it has a part of it', (t) => {
  const needed = [
    'domains.rtc: it is missing; write the name by which everybody reaches calls, e.g. "rtc: rtc.example.org"',
    'domains.matrix: it is missing; write the name by which the VPN reaches the homeserver, e.g. "matrix: matrix.example.org"',
    'domains.serverName: it is missing; write what stands behind the colon in user names; it can never be changed, e.g. "serverName: example.org"',
    'vpn.ranges: it is missing; write the networks of your VPN, e.g. "ranges: [10.8.0.0/24]"',
    'certificates: it is missing; write where certificates come from, e.g. "certificates: {kind: acme}"',
  ];
  t.deepEqual(
    refusals(''),
    needed.map((problem) => `appliance.yaml:1: ${problem}`),
  );
  const [, matrix, , ranges, certificates] = needed;
  t.deepEqual(
    refusals('stack: element-call\ndomains:\n  rtc: rtc.example.org\n  serverName: example.org\n'),
    [`appliance.yaml:1: ${ranges}`, `appliance.yaml:1: ${certificates}`, `appliance.yaml:3: ${matrix}`],
  );
});

test('with what it needs a real appliance has everything', (t) => {
  const parsed = parseConfig(NEEDED, 'appliance.yaml');
  t.deepEqual(parsed.ok && parsed.config, {
    ...DEFAULT_CONFIG,
    stack: 'element-call',
    elementCall: {
      role: 'all',
      primary: null,
      mediaNodes: [],
      domains: {
        rtc: 'rtc.example.org',
        matrix: 'matrix.example.org',
        serverName: 'example.org',
        turn: 'rtc.example.org',
      },
      vpn: { ranges: ['10.8.0.0/24'] },
      certificates: { kind: 'acme', email: null },
    },
  });
  t.deepEqual(parsed.ok && parsed.defaults, ['stack', ...DEFAULTS]);
});

test('a smaller relay range carries fewer participants', (t) => {
  const parsed = parseConfig('stack: embedded\nturn: {relayPorts: 50000-50015}', 'appliance.yaml');
  t.is(parsed.ok && parsed.config.capacity.participants, 4);
});

const allDefaults: Record<string, string> = {
  'the file that the installer writes': DEFAULT_CONFIG_TEXT.replace(
    '#stack: element-call',
    'stack: embedded',
  ),
  'one line': 'stack: embedded\n',
  'an explicit document': '---\nstack: embedded\n',
  'sections without a setting': 'stack: embedded\nnetwork:\nturn:\n  # realm: example.org\n',
  'sections that are null': 'stack: embedded\nnetwork: ~\nturn: null\ndomains: ~\n',
};
for (const [what, text] of Object.entries(allDefaults)) {
  test(`${what} means every default`, (t) => {
    t.deepEqual(parseConfig(text, 'appliance.yaml'), {
      ok: true,
      file: 'appliance.yaml',
      config: DEFAULT_CONFIG,
      defaults: DEFAULTS,
    });
  });
}

test('the file that the installer writes shows every setting, at its default or with an example', (t) => {
  const uncommented = DEFAULT_CONFIG_TEXT.replace(/^( *)#(?=[a-zA-Z0-9]+: )/gm, '$1');
  t.not(uncommented, DEFAULT_CONFIG_TEXT);
  const needed = parseConfig(NEEDED, 'appliance.yaml');
  t.deepEqual(parseConfig(uncommented, 'appliance.yaml'), { ...needed, defaults: [] });
  t.true(DEFAULT_CONFIG_TEXT.split('\n').every((line) => line.length <= 110));
});

test('a file with every setting is understood', (t) => {
  const text = [
    '\ufeffstack: element-call',
    'role: all',
    'primary: none',
    'mediaNodes: [10.8.0.12, 10.8.0.13]',
    'network:',
    '  addresses:',
    '    - 198.51.100.1',
    '    - 10.0.0.4',
    '  subnet: 10.77.0.0/16',
    '  subnet6: fd00:1::/64',
    '  publicAddresses: [203.0.113.10, 203.0.113.11, "2001:DB8::0:7"]',
    'turn:',
    '  realm: turn.example.org',
    '  relayPorts: 50000 - 50015',
    'domains: {rtc: rtc.example.org, matrix: m.example.org, serverName: m.example.org, turn: t.example.org}',
    'vpn: {ranges: [10.8.0.0/24, "fd00:8::/64"]}',
    'certificates: {kind: private-ca, certificate: /tls/c.pem, key: /tls/k.pem, ca: /tls/ca.pem}',
    'capacity: {participants: 3}',
    'healing:',
    '  silenceLimit: 20s',
    '  startLimit: 2 min',
    '  restarts: 1',
    '  recreations: 0',
    '  imageReloads: 0',
    '  stackRestarts: 2',
    '  engineRestarts: 0',
    '  reboot: allowed',
    '  rebootEvery: 2d',
    '  firstDelay: 2s',
    '  slowBeat: 1h',
    '  budget: 100',
    '  forgiveAfter: 30m',
    'services:',
    '  tuwunel: {startup: 5min, liveness: 30s, livenessMisses: 5, readinessMisses: 3, interval: 20s, timeout: 5s}',
    '  coturn: {liveness: 20 s, check: [/bin/check, --quick, "a b"]}',
    '  traefik:',
    'firewall:',
    '  mode: enforce',
    '  management:',
    '    networks: [192.0.2.0/24, 198.51.100.7, "2001:DB8:7::/48", "2001:db8::7"]',
    '    ports: [22, 51820/udp]',
    '  trial: 10min',
    'site: {hostname: hall, mdns: false}',
  ].join('\r\n');
  t.deepEqual(parseConfig(text, 'appliance.yaml'), {
    ok: true,
    file: 'appliance.yaml',
    config: {
      stack: 'element-call',
      network: {
        addresses: ['198.51.100.1', '10.0.0.4'],
        subnet: '10.77.0.0/16',
        subnet6: 'fd00:1::/64',
        publicAddresses: ['203.0.113.10', '203.0.113.11', '2001:db8::7'],
      },
      turn: { realm: 'turn.example.org', relayPorts: { from: 50000, to: 50015 } },
      capacity: { participants: 3 },
      elementCall: {
        role: 'all',
        primary: null,
        mediaNodes: ['10.8.0.12', '10.8.0.13'],
        domains: {
          rtc: 'rtc.example.org',
          matrix: 'm.example.org',
          serverName: 'm.example.org',
          turn: 't.example.org',
        },
        vpn: { ranges: ['10.8.0.0/24', 'fd00:8::/64'] },
        certificates: { kind: 'private-ca', certificate: '/tls/c.pem', key: '/tls/k.pem', ca: '/tls/ca.pem' },
      },
      healing: {
        silenceLimit: 20_000,
        startLimit: 120_000,
        restarts: 1,
        recreations: 0,
        imageReloads: 0,
        stackRestarts: 2,
        engineRestarts: 0,
        reboot: 'allowed',
        rebootEvery: 172_800_000,
        firstDelay: 2_000,
        slowBeat: 3_600_000,
        budget: 100,
        forgiveAfter: 1_800_000,
      },
      services: {
        coturn: { liveness: 20_000, check: ['/bin/check', '--quick', 'a b'] },
        tuwunel: {
          startup: 300_000,
          liveness: 30_000,
          livenessMisses: 5,
          readinessMisses: 3,
          interval: 20_000,
          timeout: 5_000,
        },
      },
      firewall: {
        mode: 'enforce',
        management: {
          networks: ['192.0.2.0/24', '198.51.100.7/32', '2001:db8:7::/48', '2001:db8::7/128'],
          ports: [
            { protocol: 'tcp', port: 22 },
            { protocol: 'udp', port: 51820 },
          ],
        },
        trial: 600_000,
      },
      site: { hostname: 'hall', mdns: false },
    },
    defaults: [],
  });
});

test('what was left out is named', (t) => {
  const parsed = parseConfig('stack: embedded\nturn:\n  realm: turn.example.org\n', 'appliance.yaml');
  t.deepEqual(
    parsed.ok && parsed.defaults,
    DEFAULTS.filter((setting) => setting !== 'turn.realm'),
  );
});

const NAME = 'use a full name in lower case, e.g. rtc.example.org';
const RANGE = 'use a network with its prefix, e.g. 10.8.0.0/24 or fd00:8::/64';
const KIND =
  'use acme (a public authority is asked over the internet), files, or private-ca (files of your own authority)';
const ADDRESS = 'use an IPv4 address of this machine, e.g. 203.0.113.10';
const PORTS = 'ports are 1 to 65535, e.g. 49152-49663';

const refused: [text: string, ...problems: string[]][] = [
  // Keys
  [
    'turn:\n  relayPort: 49152-49663',
    '2: turn.relayPort: there is no such setting; did you mean turn.relayPorts?',
  ],
  ['turn:\n  relam: x', '2: turn.relam: there is no such setting; did you mean turn.realm?'],
  ['Turn:\n  realm: x', '1: Turn: there is no such setting; did you mean turn?'],
  ['\nrealm: x', '2: realm: there is no such setting; did you mean turn.realm?'],
  [
    'livekit: 1',
    '1: livekit: there is no such setting; the settings here are stack, domains, certificates, vpn, role, primary, mediaNodes, network, turn, capacity, healing, firewall, site, services',
  ],
  ['turn: {port: 1}', '1: turn.port: there is no such setting; the settings here are realm, relayPorts'],
  [
    '__proto__: 1',
    '1: __proto__: there is no such setting; the settings here are stack, domains, certificates, vpn, role, primary, mediaNodes, network, turn, capacity, healing, firewall, site, services',
  ],
  [
    'constructor: 1',
    '1: constructor: there is no such setting; the settings here are stack, domains, certificates, vpn, role, primary, mediaNodes, network, turn, capacity, healing, firewall, site, services',
  ],
  ['1: x', '1: the number 1 is not the name of a setting; names are text, e.g. network'],
  ['? [a]\n: b', '1: a list or section is not the name of a setting; names are text, e.g. network'],
  ['turn:\n  realm: a\n  realm: b', '3: turn.realm: this is already set in line 2; keep one of the two'],
  // IPv6 and public addresses
  [
    "network: {subnet6: 'fd00::/48'}",
    '1: network.subnet6: /48 is not a possible size; use a private /64 such as fd4a:9c1e:7d30:5::/64, or none',
  ],
  [
    "network: {subnet6: 'fd00::1/64'}",
    '1: network.subnet6: fd00::1/64 has host bits set; use a private /64 such as fd4a:9c1e:7d30:5::/64, or none',
  ],
  [
    "network: {subnet6: 'fd00::'}",
    '1: network.subnet6: fd00:: has no prefix; use a private /64 such as fd4a:9c1e:7d30:5::/64, or none',
  ],
  [
    "network: {subnet6: '2001:db8::/64'}",
    '1: network.subnet6: 2001:db8::/64 is not private; use a private /64 such as fd4a:9c1e:7d30:5::/64, or none',
  ],
  [
    "network: {subnet6: 'FD00:0::/64'}",
    '1: network.subnet6: FD00:0::/64 is not in its shortest form; write fd00::/64',
  ],
  [
    'network: {subnet6: 10.0.0.0/24}',
    '1: network.subnet6: 10.0.0.0/24 is not an IPv6 network; use a private /64 such as fd4a:9c1e:7d30:5::/64, or none',
  ],
  [
    'network: {subnet6: 6}',
    '1: network.subnet6: the number 6 is not a network; use a private /64 such as fd4a:9c1e:7d30:5::/64, or none',
  ],
  [
    'network: {publicAddresses: 203.0.113.10}',
    '1: network.publicAddresses: "203.0.113.10" is not a list; write a list, e.g. [203.0.113.10]',
  ],
  [
    'network: {publicAddresses: [127.0.0.1]}',
    '1: network.publicAddresses[0]: 127.0.0.1 cannot be reached from elsewhere; use an address by which the world reaches this machine, e.g. 203.0.113.10',
  ],
  [
    "network: {publicAddresses: ['fe80::1']}",
    '1: network.publicAddresses[0]: fe80::1 cannot be reached from elsewhere; use an address by which the world reaches this machine, e.g. 203.0.113.10',
  ],
  [
    'network: {publicAddresses: [example.org]}',
    '1: network.publicAddresses[0]: example.org is not an address; use an address by which the world reaches this machine, e.g. 203.0.113.10',
  ],
  [
    "network: {publicAddresses: ['2001:db8::1', '2001:db8:0::1']}",
    '1: network.publicAddresses[1]: 2001:db8:0::1 is listed twice; list each address once',
  ],
  [
    'network: {publicAddresses: [203.0.113.10, 203.0.113.11]}',
    '1: network.publicAddresses: it is not told which address of this machine is behind each of 2 public ones; list 2 network.addresses too, in the same order',
  ],
  // Types
  [
    'turn: 5',
    '1: turn: the number 5 where settings belong; write "realm: value", with a space after the colon',
  ],
  ['- a', '1: a list where settings belong; write "stack: value", with a space after the colon'],
  [
    'stack:embedded',
    '1: "stack:embedded" where settings belong; write "stack: value", with a space after the colon',
  ],
  ['stack: element', '1: stack: "element" is not a stack; use element-call, or embedded for a demonstration'],
  ['stack: [embedded]', '1: stack: a list is not a stack; use element-call, or embedded for a demonstration'],
  ['turn:\n  realm:', '2: turn.realm: it has no value; give it one, or remove the line to use the default'],
  [
    'turn: {realm: 5}',
    '1: turn.realm: the number 5 is not a domain name; use letters, digits, dots and hyphens, e.g. turn.example.org',
  ],
  [
    'turn: {realm: "a b"}',
    '1: turn.realm: "a b" is not a domain name; use letters, digits, dots and hyphens, e.g. turn.example.org',
  ],
  [
    `turn: {realm: ${'a.'.repeat(63)}aa}`,
    `1: turn.realm: ${'a.'.repeat(30)}… is too long; use fewer than 128 characters`,
  ],
  // Ports
  ['turn:\n  relayPorts: 49152-70000', `2: turn.relayPorts: 49152-70000 is not a port range; ${PORTS}`],
  ['turn: {relayPorts: 0-100}', `1: turn.relayPorts: 0-100 is not a port range; ${PORTS}`],
  ['turn: {relayPorts: 49152}', `1: turn.relayPorts: the number 49152 is not a port range; ${PORTS}`],
  ['turn: {relayPorts: [1, 2]}', `1: turn.relayPorts: a list is not a port range; ${PORTS}`],
  [
    'turn: {relayPorts: 49663-49152}',
    '1: turn.relayPorts: 49663-49152 is reversed; write the lower port first: 49152-49663',
  ],
  [
    'turn: {relayPorts: 80-200}',
    '1: turn.relayPorts: 80-200 begins below 1024; coturn does not run as root and cannot use those ports; e.g. 49152-49663',
  ],
  [
    'turn: {relayPorts: 3400-3478}',
    '1: turn.relayPorts: 3400-3478 overlaps port 3478, on which coturn listens; use a range clear of them, e.g. 49152-49663',
  ],
  [
    'turn: {relayPorts: 5349-6000}',
    '1: turn.relayPorts: 5349-6000 overlaps port 5349, which stays closed; use a range clear of them, e.g. 49152-49663',
  ],
  [
    'turn: {relayPorts: 7882-8000}',
    '1: turn.relayPorts: 7882-8000 overlaps ports 7880-7882, which belong to LiveKit; use a range clear of them, e.g. 49152-49663',
  ],
  [
    'turn: {relayPorts: 50000-50014}',
    '1: turn.relayPorts: 50000-50014 is only 15 ports; use at least 16 ports, e.g. 49152-49663',
  ],
  // Addresses
  [
    'network:\n  addresses:\n    - 198.51.100.1\n    - 999.1.1.1\n    - 127.0.0.1',
    `4: network.addresses[1]: 999.1.1.1 is not an IPv4 address; ${ADDRESS}`,
    `5: network.addresses[2]: 127.0.0.1 is a loopback address, which only this machine itself can reach; ${ADDRESS}`,
  ],
  [
    'network: {addresses: [224.0.0.1]}',
    `1: network.addresses[0]: 224.0.0.1 is a multicast address; ${ADDRESS}`,
  ],
  [
    'network: {addresses: [0.0.0.0]}',
    `1: network.addresses[0]: 0.0.0.0 is not the address of a machine; ${ADDRESS}`,
  ],
  [
    'network: {addresses: [255.255.255.255]}',
    `1: network.addresses[0]: 255.255.255.255 is a reserved address; ${ADDRESS}`,
  ],
  [
    'network: {addresses: [169.254.1.2]}',
    `1: network.addresses[0]: 169.254.1.2 is a link-local address, which no router forwards; ${ADDRESS}`,
  ],
  [
    'network: {addresses: [010.0.0.1]}',
    `1: network.addresses[0]: 010.0.0.1 is not an IPv4 address; ${ADDRESS}`,
  ],
  [
    'network: {addresses: [198.51]}',
    `1: network.addresses[0]: the number 198.51 is not an IPv4 address; ${ADDRESS}`,
  ],
  [
    'network: {addresses: ["2001:db8::1"]}',
    `1: network.addresses[0]: 2001:db8::1 is not an IPv4 address; ${ADDRESS} (IPv6 addresses are not listed here)`,
  ],
  [
    'network: {addresses: [10.0.0.0/24]}',
    `1: network.addresses[0]: 10.0.0.0/24 is a network, not an address; ${ADDRESS}`,
  ],
  [
    'network: {addresses: [10.0.0.5/24]}',
    '1: network.addresses[0]: 10.0.0.5/24 is an address with a prefix; write the address alone: 10.0.0.5',
  ],
  [
    'network:\n  addresses:\n    - 10.0.0.5\n    - 10.0.0.5',
    '4: network.addresses[1]: 10.0.0.5 is listed twice; list each address once',
  ],
  [
    'network:\n  addresses:\n    - 10.0.0.5\n    -',
    `4: network.addresses[1]: nothing is not an IPv4 address; ${ADDRESS}`,
  ],
  [
    'network: {addresses: []}',
    '1: network.addresses: the list is empty; write auto, or at least one address',
  ],
  [
    'network: {addresses: 10.1.1.1}',
    '1: network.addresses: 10.1.1.1 is not in a list; write auto, or a list, e.g. [10.1.1.1]',
  ],
  [
    'network: {addresses: all}',
    '1: network.addresses: "all" is neither auto nor a list of addresses; write auto, or a list, e.g. [203.0.113.10]',
  ],
  // Subnets
  [
    'network: {subnet: 172.30.5.7/24}',
    '1: network.subnet: 172.30.5.7/24 has host bits set; the network is 172.30.5.0/24',
  ],
  [
    'network: {subnet: 172.30.5.0}',
    '1: network.subnet: 172.30.5.0 has no prefix; use a private network with its prefix, e.g. 172.30.5.0/24',
  ],
  [
    'network: {subnet: 10.0.0.0/99}',
    '1: network.subnet: 10.0.0.0/99 is not a network; use a private network with its prefix, e.g. 172.30.5.0/24',
  ],
  [
    'network: {subnet: 172.32.0.0/24}',
    '1: network.subnet: 172.32.0.0/24 is not private; use a network within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16',
  ],
  [
    'network: {subnet: 10.0.0.0/15}',
    '1: network.subnet: /15 is not a possible size; use a prefix from /16 to /28, e.g. 172.30.5.0/24',
  ],
  [
    'network: {subnet: 10.0.0.0/29}',
    '1: network.subnet: /29 is not a possible size; use a prefix from /16 to /28, e.g. 172.30.5.0/24',
  ],
  [
    'network:\n  addresses: [198.51.100.1, 10.9.0.4]\n  subnet: 10.9.0.0/24',
    '3: network.subnet: 10.9.0.0/24 contains 10.9.0.4, which network.addresses lists; use a private network that nothing else uses, e.g. 172.30.6.0/24',
  ],
  [
    'network:\n  addresses: [172.30.5.9]',
    '2: network.subnet: 172.30.5.0/24 contains 172.30.5.9, which network.addresses lists; use a private network that nothing else uses, e.g. 172.30.6.0/24',
  ],
  // Domains
  ['domains: {rtc: 5}', `1: domains.rtc: the number 5 is not a domain name; ${NAME}`],
  ['domains: {rtc: example}', `1: domains.rtc: example is only a part of a name; ${NAME}`],
  ['domains: {rtc: "a b.org"}', `1: domains.rtc: "a b.org" is not a domain name; ${NAME}`],
  [
    'domains: {rtc: "x`) || Host(`y.org"}',
    `1: domains.rtc: "x\`) || Host(\`y.org" is not a domain name; ${NAME}`,
  ],
  [
    'domains: {rtc: RTC.example.org}',
    '1: domains.rtc: RTC.example.org has capital letters; write rtc.example.org',
  ],
  [
    'domains: {rtc: 192.0.2.1}',
    '1: domains.rtc: 192.0.2.1 is an address; certificates are for names: use one that leads to it',
  ],
  [
    'domains: {rtc: a.example.org, matrix: a.example.org, serverName: a.example.org}\nvpn: {ranges: [10.8.0.0/24]}\ncertificates: {kind: acme}',
    '1: domains.matrix: a.example.org is domains.rtc too; use another name: one is for everybody, the other for the VPN alone',
    '1: domains.serverName: a.example.org is domains.rtc too; use another name: one is for everybody, the other for the VPN alone',
  ],
  // VPN
  [
    'vpn: {ranges: 10.8.0.0/24}',
    '1: vpn.ranges: "10.8.0.0/24" is not a list; write a list, e.g. [10.8.0.0/24]',
  ],
  [
    'vpn: {ranges: []}',
    '1: vpn.ranges: the list is empty; write the networks of your VPN, e.g. [10.8.0.0/24]',
  ],
  ['vpn: {ranges: [10.8.0.0]}', `1: vpn.ranges[0]: 10.8.0.0 is not a network with a prefix; ${RANGE}`],
  ['vpn: {ranges: ["fd00::/129"]}', `1: vpn.ranges[0]: fd00::/129 is not a network with a prefix; ${RANGE}`],
  [
    'vpn: {ranges: [0.0.0.0/0, "::/0"]}',
    '1: vpn.ranges[0]: 0.0.0.0/0 is every address there is; the homeserver is for the VPN alone: write its network',
    '1: vpn.ranges[1]: ::/0 is every address there is; the homeserver is for the VPN alone: write its network',
  ],
  [
    'vpn: {ranges: [10.8.0.1/24, "FD00:8::/64"]}',
    '1: vpn.ranges[0]: 10.8.0.1/24 is not how that network is written; write 10.8.0.0/24',
    '1: vpn.ranges[1]: FD00:8::/64 is not how that network is written; write fd00:8::/64',
  ],
  [
    'vpn: {ranges: [10.8.0.0/24, 10.8.0.0/24]}',
    '1: vpn.ranges[1]: 10.8.0.0/24 is listed twice; list each network once',
  ],
  [
    `${NEEDED.replace('10.8.0.0/24', '10.8.0.0/24, 172.30.0.0/16')}`,
    "3: vpn.ranges[1]: 172.30.0.0/16 has addresses of the containers' network 172.30.5.0/24; write the VPN alone, or give network.subnet other addresses",
  ],
  // Certificates
  [
    'certificates: acme',
    '1: certificates: "acme" where settings belong; write "kind: files" below it, indented',
  ],
  ['certificates: {email: a@example.org}', `1: certificates.kind: it is missing; ${KIND}`],
  [
    'certificates: {kind: self-signed}',
    `1: certificates.kind: "self-signed" is not a kind of certificates; ${KIND}`,
  ],
  [
    'certificates:\n  kind: acme\n  email: admin\n  key: /k.pem',
    '3: certificates.email: "admin" is not a mail address; use one that the authority may write to, e.g. admin@example.org, or leave it out',
    '4: certificates.key: there is no such setting with kind acme; the settings here are kind, email',
  ],
  [
    'certificates:\n  kind: private-ca\n  certificate: c.pem\n  key: /k.pem',
    '2: certificates.ca: it is missing; write the path of a PEM file, e.g. /etc/appliance-agent/tls/ca.pem',
    '3: certificates.certificate: "c.pem" is not a full path; write the path of a PEM file, e.g. /etc/appliance-agent/tls/certificate.pem',
  ],
  // Capacity
  [
    'capacity: {participants: 1}',
    '1: capacity.participants: the number 1 is not a number of participants; use a whole number from 2 to 1000',
  ],
  [
    `${NEEDED}capacity: {participants: 200}`,
    '5: capacity.participants: 200 participants may need 800 relay ports, and turn.relayPorts has 512; use at most 128, or more relay ports',
  ],
  // Healing
  [
    'healing: {silenceLimit: 15}',
    '1: healing.silenceLimit: the number 15 is not a duration; write 5s to 1h, with s, min, h or d',
  ],
  [
    'healing: {slowBeat: 2d}',
    '1: healing.slowBeat: "2d" is out of range; write 10s to 1h, with s, min, h or d',
  ],
  [
    'healing: {restarts: 0}',
    '1: healing.restarts: the number 0 is not a number of times; write a whole number, 1 to 10',
  ],
  [
    'healing: {restarts: "3"}',
    '1: healing.restarts: "3" is not a number of times; write a whole number, 1 to 10',
  ],
  ['healing: {reboot: yes}', '1: healing.reboot: "yes" is not known here; write never or allowed'],
  // Services
  [
    'services: {tuwunel: {startup: 3s}}',
    '1: services.tuwunel.startup: "3s" is out of range; write 5s to 1h, with s, min, h or d',
  ],
  [
    'services: {livekti: {startup: 1min}}',
    '1: services.livekti: there is no such setting; did you mean services.livekit?',
  ],
  [
    'services: {livekit: {livenes: 1min}}',
    '1: services.livekit.livenes: there is no such setting; did you mean services.livekit.liveness?',
  ],
  [
    'services: {livekit: 1}',
    '1: services.livekit: the number 1 where settings belong; write "startup: value", with a space after the colon',
  ],
  [
    'services: {livekit: {check: /bin/check}}',
    '1: services.livekit.check: "/bin/check" is not a command; write a list of words, the program first, e.g. [/usr/bin/redis-cli, ping]',
  ],
  [
    'services: {livekit: {check: []}}',
    '1: services.livekit.check: it has 0 words; write a list of words, the program first, e.g. [/usr/bin/redis-cli, ping]',
  ],
  [
    'services: {livekit: {check: [/bin/sleep, 3]}}',
    '1: services.livekit.check[1]: the number 3 is not a word of a command; write a list of words, the program first, e.g. [/usr/bin/redis-cli, ping]',
  ],
  // YAML
  [
    'stack: embedded\n---\nstack: embedded',
    '2: a second YAML document begins here; keep one document in the file',
  ],
  ['turn:\n\trealm: x', '2: not valid YAML: the line is indented by a tab; indent with spaces'],
  [
    'turn:\n  realm: "x\n',
    '3: not valid YAML: Missing closing "quote; write settings as "name: value", those of a section indented by two spaces',
  ],
  [
    'turn: &t\n  realm: x\nnetwork: *t',
    '2: turn: &t is an anchor; leave it out',
    '3: network: *t is an alias; write the value itself',
  ],
  [
    'firewall: {mode: off}',
    '1: firewall.mode: "off" is not a mode of the firewall; the modes are publish, observe, enforce',
  ],
  ['firewall: {trial: 5s}', '1: firewall.trial: "5s" is out of range; write 10s to 1h, with s, min, h or d'],
  [
    'firewall: {management: {networks: [], ports: []}}',
    '1: firewall.management.networks: the list is empty: nobody could manage this machine; write any, or at least one network',
    '1: firewall.management.ports: the list is empty: nobody could manage this machine; list at least one port, e.g. [22]',
  ],
  [
    'firewall:\n  management:\n    networks: [192.0.2.7/24, 2001:db8::1/48, 192.0.2.0/33, example.org, 192.0.2.7, 192.0.2.7/32]',
    '3: firewall.management.networks[0]: 192.0.2.7/24 has host bits set; the network is 192.0.2.0/24',
    '3: firewall.management.networks[1]: 2001:db8::1/48 has host bits set; the network is 2001:db8::/48',
    '3: firewall.management.networks[2]: 192.0.2.0/33 is not a network; use a network such as 192.0.2.0/24 or 2001:db8:7::/48',
    '3: firewall.management.networks[3]: example.org is not a network; use a network such as 192.0.2.0/24 or 2001:db8:7::/48',
    '3: firewall.management.networks[5]: 192.0.2.7/32 is listed twice; list each network once',
  ],
  [
    'firewall:\n  management:\n    networks: 192.0.2.0/24\n    ports: [0, 22/sctp, 22, 22/tcp]',
    '3: firewall.management.networks: "192.0.2.0/24" is neither any nor a list; write any, or a list, e.g. [192.0.2.0/24]',
    '4: firewall.management.ports[0]: the number 0 is not a port; ports are 1 to 65535, e.g. 22 or 51820/udp',
    '4: firewall.management.ports[1]: "22/sctp" is not a port; ports are 1 to 65535, e.g. 22 or 51820/udp',
    '4: firewall.management.ports[3]: 22/tcp is listed twice; list each port once',
  ],
  ['turn: {realm: !!str x}', '1: turn.realm: !!str is a tag; leave it out'],
];
for (const [text, ...problems] of refused) {
  test(`refused: ${JSON.stringify(text.length > 90 ? `${text.slice(0, 60)}…${text.slice(-30)}` : text)}`, (t) => {
    // What is missing altogether is told too, and tested by itself.
    t.deepEqual(
      refusals(text).filter(
        (problem) =>
          !/: (domains|vpn|certificates)[.\w]*: it is missing; write (the n|what|where)/.test(problem),
      ),
      problems.map((problem) => `appliance.yaml:${problem}`),
    );
  });
}

test('all problems are told at once, in the order of the lines, each with its column', (t) => {
  const text = 'turn:\n  relayPorts: 0-1\n  colour: red\nnetwork:\n  subnet: 5\nextra: 1\n';
  const parsed = parseConfig(text, 'appliance.yaml');
  const problems = parsed.ok ? [] : parsed.problems.filter(({ message }) => message !== 'it is missing');
  t.deepEqual(
    problems.map(({ path, line, column }) => [path, line, column]),
    [
      ['turn.relayPorts', 2, 15],
      ['turn.colour', 3, 3],
      ['network.subnet', 5, 11],
      ['extra', 6, 1],
    ],
  );
});

for (const [what, text] of Object.entries({
  'lists in lists': '- '.repeat(30_000),
  'brackets in brackets': '['.repeat(60_000),
  'sections in sections': Array.from({ length: 300 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
})) {
  test(`${what}, too deep to be settings, are refused and exhaust nothing`, (t) => {
    t.regex(
      refusals(text).join('\n'),
      /^appliance\.yaml:\d+: (a[.a]*: )?too many levels within each other; /,
    );
  });
}

test('a file too large to be the configuration is refused unread', (t) => {
  t.regex(
    refusals(`# ${'x'.repeat(70_000)}`)[0] ?? '',
    /the file has 70002 characters; check that it is the right file/,
  );
});

test('what a file holds cannot steer the terminal on which it is quoted', (t) => {
  const shown = refusals('turn: {realm: "\\e[2J\\u202e\\nx", "\\e[31m": 1}').join('\n');
  t.regex(shown, /turn\.realm/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  t.notRegex(shown, /[\u0000-\u0009\u000b-\u001f\u202e]/);
});

test('no text makes the parser throw, and every problem has a place and a remedy', (t) => {
  const words = fc.constantFrom(
    ...[
      'stack',
      'network',
      'turn',
      'realm',
      'relayPorts',
      'addresses',
      'subnet',
      'auto',
      'embedded',
      '10.0.0.1/24',
    ],
    ...[
      ': ',
      ':',
      '\n',
      '\n  ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '&a ',
      '*a',
      '!!str ',
      '"',
      "'",
      '|',
      '>',
      '? ',
      '---\n',
      '\t',
    ],
    ...['49152-49663', '0-1', '~', '#', '%YAML 1.1\n', '<<', '.', '\u0000', '\ufeff'],
  );
  const text = fc.oneof(
    fc.array(words, { maxLength: 30 }).map((parts) => parts.join('')),
    fc.string({ unit: 'binary', maxLength: 200 }),
  );
  fc.assert(
    fc.property(text, (input) => {
      const parsed = parseConfig(input, 'appliance.yaml');
      if (parsed.ok) return;
      t.true(parsed.problems.length > 0);
      for (const { line, column, message, expected } of parsed.problems) {
        t.true(line >= 1 && column >= 1 && line <= input.split(/\r\n|\r|\n/).length + 1);
        t.true(message !== '' && expected !== '' && expected !== 'undefined');
      }
    }),
    { numRuns: 1500 },
  );
});
