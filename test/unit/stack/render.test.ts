import test from 'ava';
import { parse } from 'yaml';
import * as z from 'zod';
import { DEFAULT_CONFIG } from '../../../agent/config/schema.ts';
import { embeddedStack } from '../../../agent/stack/embedded/stack.ts';
import { BRIDGE, type RenderInput, type StackImage } from '../../../agent/stack/types.ts';
import { secrets } from '../reconcile/world.ts';

const SECRET = '0123456789abcdef'.repeat(4);

const image = (service: string): StackImage => ({
  service,
  reference: `appliance-agent/${service}:1.2.3-abc`,
  imageId: `sha256:${'a'.repeat(64)}`,
  archive: `${service}.tar`,
  archiveSha256: 'b'.repeat(64),
});

const input: RenderInput = {
  config: DEFAULT_CONFIG,
  certificates: null,
  addresses: ['198.51.100.1', '203.0.113.7'],
  secrets: { ...secrets, turn: SECRET },
  images: [image('livekit'), image('coturn')],
  directory: '/var/lib/appliance-agent/stack',
  dataDirectory: '/var/lib/appliance-agent/data',
};

const serviceSchema = z.looseObject({
  image: z.string(),
  labels: z.record(z.string(), z.string()),
  networks: z.unknown().optional(),
  network_mode: z.string().optional(),
});
const composeSchema = z.looseObject({
  name: z.string(),
  services: z.record(z.string(), serviceSchema),
  networks: z.record(z.string(), z.unknown()),
});

function fileOf(path: string, from: RenderInput = input) {
  const file = embeddedStack.render(from).find((candidate) => candidate.path === path);
  if (file === undefined) throw new Error(`no ${path}`);
  return file;
}
const compose = (from: RenderInput = input) =>
  composeSchema.parse(parse(fileOf('compose.yaml', from).content));
const generations = (from: RenderInput) =>
  Object.fromEntries(
    Object.entries(compose(from).services).map(([name, { labels }]) => [
      name,
      labels['org.appliance-agent.generation'],
    ]),
  );

test('the same input gives the same bytes', (t) => {
  t.deepEqual(embeddedStack.render(structuredClone(input)), embeddedStack.render(input));
});

test('no service publishes a port or has an address of its own choosing', (t) => {
  const { content } = fileOf('compose.yaml');
  t.notRegex(content, /\bports:|expose:|ipv4_address|publish/);
});

test('every service is hardened', (t) => {
  for (const [name, service] of Object.entries(compose().services)) {
    t.like(service, {
      user: name === 'coturn' ? '73478:73478' : '65534:65534',
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      restart: 'unless-stopped',
      pull_policy: 'never',
      logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } },
    });
    t.true(Number(service.pids_limit) > 0);
    t.regex(String(service.mem_limit), /^\d+m$/);
    t.false('privileged' in service || 'cap_add' in service || 'environment' in service);
  }
});

test('livekit is on the bridge that the rules name, coturn on the host', (t) => {
  const { services, networks } = compose();
  t.deepEqual(services.livekit?.networks, ['rtc']);
  t.is(services.coturn?.network_mode, 'host');
  t.like(networks.rtc, {
    driver: 'bridge',
    driver_opts: { 'com.docker.network.bridge.name': BRIDGE },
    enable_ipv6: true,
    ipam: { config: [{ subnet: DEFAULT_CONFIG.network.subnet }, { subnet: DEFAULT_CONFIG.network.subnet6 }] },
  });
});

test('the labels say whose the containers are', (t) => {
  for (const [name, { labels }] of Object.entries(compose().services)) {
    t.is(labels['org.appliance-agent.stack'], 'embedded');
    t.is(labels['org.appliance-agent.service'], name);
    t.regex(labels['org.appliance-agent.generation'] ?? '', /^[0-9a-f]{12}$/);
  }
});

test('the secret is in one file only, which only its user may read', (t) => {
  for (const file of embeddedStack.render(input)) {
    t.is(file.content.includes(SECRET), file.secret, file.path);
    t.is(file.content.includes(SECRET.slice(0, 12)), file.secret, file.path);
    if (file.secret) t.like(file, { mode: 0o400, owner: { uid: 73478, gid: 73478 } });
  }
  t.is(fileOf('coturn/turn.db').content, `${DEFAULT_CONFIG.turn.realm} ${SECRET}\n`);
});

test('a change makes anew what it concerns, and nothing else', (t) => {
  const before = generations(input);
  const changed = (other: RenderInput) => {
    const after = generations(other);
    return Object.keys(before).filter((name) => before[name] !== after[name]);
  };
  const { config } = input;
  t.deepEqual(changed(structuredClone(input)), []);
  t.deepEqual(changed({ ...input, addresses: ['198.51.100.1'] }), ['coturn']);
  t.deepEqual(changed({ ...input, secrets: { ...secrets, turn: 'f'.repeat(64) } }), []);
  t.deepEqual(changed({ ...input, config: { ...config, turn: { ...config.turn, realm: 'other' } } }), [
    'coturn',
  ]);
  t.deepEqual(
    changed({ ...input, config: { ...config, network: { ...config.network, subnet: '10.9.0.0/24' } } }),
    ['livekit'],
  );
  const images = [{ ...image('livekit'), reference: 'appliance-agent/livekit:2' }, image('coturn')];
  t.deepEqual(changed({ ...input, images }), ['livekit']);
});

test('a dollar sign reaches the container as it is', (t) => {
  const { services } = compose({ ...input, directory: '/srv/a$b' });
  t.like(services.coturn, { volumes: [{ source: '/srv/a$$b/coturn' }] });
});

test('coturn is told where to listen and relay, whom to refuse, and to open nothing else', (t) => {
  const lines = fileOf('coturn/turnserver.conf').content.split('\n');
  const valuesOf = (key: string) =>
    lines.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1));
  for (const key of ['listening-ip', 'relay-ip', 'allowed-peer-ip'])
    t.deepEqual(valuesOf(key), [...input.addresses], key);
  t.deepEqual(valuesOf('denied-peer-ip'), [
    '0.0.0.0-255.255.255.255',
    '::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
  ]);
  t.deepEqual([valuesOf('min-port'), valuesOf('max-port')], [['49152'], ['49663']]);
  t.deepEqual(valuesOf('realm'), [DEFAULT_CONFIG.turn.realm]);
  t.deepEqual(valuesOf('userdb'), ['/etc/coturn/turn.db']);
  t.deepEqual(valuesOf('static-auth-secret'), []);
  for (const option of [
    'no-tls',
    'no-dtls',
    'no-cli',
    'no-tcp-relay',
    'no-multicast-peers',
    'use-auth-secret',
  ]) {
    t.true(lines.includes(option), option);
  }
  for (const option of [
    'prometheus',
    'tls-listening-port',
    'allow-loopback-peers',
    'no-auth',
    'external-ip',
  ]) {
    t.false(
      lines.some((line) => line.startsWith(option)),
      option,
    );
  }
});

test('the ports that the firewall opens are those on which coturn listens and relays', (t) => {
  const relayPorts = { from: 50000, to: 50100 };
  const config = { ...DEFAULT_CONFIG, turn: { ...DEFAULT_CONFIG.turn, relayPorts } };
  const coturn = embeddedStack.services(config).find(({ name }) => name === 'coturn');
  t.deepEqual(
    coturn?.open.map(({ protocol, from, to }) => `${protocol} ${from}-${to}`),
    ['udp 3478-3478', 'tcp 3478-3478', 'udp 50000-50100'],
  );
  t.regex(fileOf('coturn/turnserver.conf', { ...input, config }).content, /min-port=50000\nmax-port=50100\n/);
});

test('livekit publishes its two media ports, and its signalling port is not for the world', (t) => {
  const livekit = embeddedStack.services(DEFAULT_CONFIG).find(({ name }) => name === 'livekit');
  t.deepEqual(
    livekit?.published.map(({ protocol, port }) => `${protocol} ${port}`),
    ['tcp 7881', 'udp 7882'],
  );
});

const places = { backend: null, host: '198.51.100.1', publicHost: '203.0.113.7' };

test('every service of the stack is defined, rendered and probed', (t) => {
  const names = embeddedStack.services(DEFAULT_CONFIG).map(({ name }) => name);
  t.deepEqual([...names].sort(), Object.keys(compose().services).sort());
  for (const name of names)
    t.true(embeddedStack.probes(name, { ...places, backend: '172.30.5.2' }).length > 0);
});

test('a bridge service without an address cannot be probed, which is no success', (t) => {
  t.deepEqual(embeddedStack.probes('livekit', places), []);
  t.deepEqual(embeddedStack.probes('coturn', places), [
    { kind: 'stun', host: '198.51.100.1', port: 3478 },
    ...(['udp', 'tcp'] as const).map((transport) => ({
      ...{ kind: 'turn-relay', host: '198.51.100.1', port: 3478, transport },
      ...{ peer: { address: '203.0.113.7', port: 7882 }, echo: true },
    })),
  ]);
});

test('without an IPv6 subnet the network has IPv4 alone, and the SFU is made anew on it', (t) => {
  const { config } = input;
  const without = { ...input, config: { ...config, network: { ...config.network, subnet6: 'none' } } };
  t.like(compose(without).networks.rtc, {
    enable_ipv6: false,
    ipam: { config: [{ subnet: '172.30.5.0/24' }] },
  });
  t.not(generations(without).livekit, generations(input).livekit);
  t.is(generations(without).coturn, generations(input).coturn);
});

test('behind 1:1 NAT coturn tells clients the public address, and relays to the SFU by it', (t) => {
  const linesFor = (network: Partial<typeof DEFAULT_CONFIG.network>) => {
    const { config } = input;
    const from = { ...input, config: { ...config, network: { ...config.network, ...network } } };
    const { content } = fileOf('coturn/turnserver.conf', from);
    return content.split('\n').filter((line) => /^(external-ip|allowed-peer-ip)=/.test(line));
  };
  const own = ['allowed-peer-ip=198.51.100.1', 'allowed-peer-ip=203.0.113.7'];
  t.deepEqual(linesFor({}), own);
  t.deepEqual(linesFor({ publicAddresses: ['192.0.2.9', '2001:db8::9'] }), [
    'external-ip=192.0.2.9/198.51.100.1',
    'external-ip=192.0.2.9/203.0.113.7',
    ...own,
    'allowed-peer-ip=192.0.2.9',
  ]);
  const addresses = ['203.0.113.7', '198.51.100.1'];
  t.deepEqual(linesFor({ addresses, publicAddresses: ['192.0.2.7', '192.0.2.1'] }), [
    'external-ip=192.0.2.1/198.51.100.1',
    'external-ip=192.0.2.7/203.0.113.7',
    ...own,
    'allowed-peer-ip=192.0.2.1',
    'allowed-peer-ip=192.0.2.7',
  ]);
});
