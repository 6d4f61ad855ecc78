import test from 'ava';
import { parse } from 'yaml';
import * as z from 'zod';
import { mediaAddresses } from '../../../../agent/stack/element-call/media-address.ts';
import { elementCallProbes } from '../../../../agent/stack/element-call/probes.ts';
import { elementCallServices } from '../../../../agent/stack/element-call/services.ts';
import { elementCallStack } from '../../../../agent/stack/element-call/stack.ts';
import type { RenderInput } from '../../../../agent/stack/types.ts';
import { secrets } from '../../reconcile/world.ts';
import { APPLIANCES, changed, elementCall, image, plain } from './samples.ts';

const composeSchema = z.object({
  services: z.record(z.string(), z.looseObject({ labels: z.record(z.string(), z.string()) })),
});

function contentOf(path: string, input: RenderInput = plain): string {
  const file = elementCallStack.render(input).find((candidate) => candidate.path === path);
  if (file === undefined) throw new Error(`no ${path}`);
  return file.content;
}
const composeOf = (input: RenderInput) => composeSchema.parse(parse(contentOf('compose.yaml', input)));

/** The services that are made anew when one input becomes another, and the files that differ. */
function effectOf(after: RenderInput, before: RenderInput = plain) {
  const generation = (input: RenderInput, name: string) =>
    composeOf(input).services[name]?.labels['org.appliance-agent.generation'];
  const content = new Map(elementCallStack.render(before).map((file) => [file.path, file.content]));
  return {
    anew: elementCallServices(plain.config)
      .map(({ name }) => name)
      .filter((name) => generation(before, name) !== generation(after, name)),
    files: elementCallStack
      .render(after)
      .filter((file) => file.path !== 'compose.yaml' && content.get(file.path) !== file.content)
      .map(({ path }) => path),
  };
}

const { domains } = elementCall;
const effects: Record<string, [after: RenderInput, anew: string[], files: string[]]> = {
  nothing: [structuredClone(plain), [], []],
  'the networks of the VPN': [
    changed({ elementCall: { vpn: { ranges: ['10.9.0.0/24'] } } }),
    [],
    ['traefik/dynamic/routes.yml'],
  ],
  'a renewed certificate': [
    { ...(APPLIANCES.files ?? plain), certificates: { certificate: 'newer', key: 'newer', ca: null } },
    [],
    ['traefik/dynamic/certificates.yml'],
  ],
  'the address of this machine': [
    { ...plain, addresses: ['203.0.113.8'] },
    ['livekit', 'coturn'],
    ['coturn/turnserver.conf', 'livekit/livekit.yaml'],
  ],
  'the relay range': [
    changed({ config: { turn: { realm: 'appliance.internal', relayPorts: { from: 50000, to: 50511 } } } }),
    ['coturn'],
    ['coturn/turnserver.conf'],
  ],
  'the number of participants': [
    changed({ config: { capacity: { participants: 50 } } }),
    ['livekit', 'coturn'],
    ['coturn/turnserver.conf', 'livekit/livekit.yaml'],
  ],
  'the name of the relay': [
    changed({ elementCall: { domains: { ...domains, turn: 'turn.example.org' } } }),
    ['livekit', 'tuwunel'],
    ['livekit/livekit.yaml'],
  ],
  'where certificates come from': [
    changed({ elementCall: { certificates: { kind: 'acme', email: 'admin@example.org' } } }),
    ['traefik'],
    ['traefik/traefik.yml'],
  ],
  'the secret of the relay': [
    { ...plain, secrets: { ...secrets, turn: 'e'.repeat(64) } },
    ['livekit'],
    ['livekit/turn-secret', 'coturn/turn.db'],
  ],
  'the secret of the relay that is made and waits': [
    { ...plain, secrets: { ...secrets, next: { turn: 'e'.repeat(64) } } },
    [],
    ['coturn/turn.db'],
  ],
  'the secret of the relay before this one': [
    { ...plain, secrets: { ...secrets, previous: { turn: 'e'.repeat(64) } } },
    [],
    ['coturn/turn.db'],
  ],
  'the secret of calls without LiveKit': [
    { ...plain, secrets: { ...secrets, turnLegacy: 'e'.repeat(64) } },
    [],
    ['coturn/turn.db', 'tuwunel/turn-secret'],
  ],
  'the key of LiveKit before this one': [
    { ...plain, secrets: { ...secrets, previous: { livekitKey: 'API2', livekitSecret: 'e'.repeat(64) } } },
    ['livekit'],
    ['livekit/keys.yaml'],
  ],
  'the key of LiveKit': [
    { ...plain, secrets: { ...secrets, livekitSecret: 'e'.repeat(64) } },
    ['livekit', 'lk-jwt'],
    ['livekit/keys.yaml', 'lk-jwt/secret'],
  ],
  'an image': [
    { ...plain, images: [...plain.images.slice(1), { ...image('livekit'), reference: 'newer' }] },
    ['livekit'],
    [],
  ],
};
for (const [what, [after, anew, files]] of Object.entries(effects)) {
  test(`a change of ${what} restarts ${anew.join(' and ') || 'nothing'}`, (t) => {
    const before = what === 'a renewed certificate' ? APPLIANCES.files : plain;
    t.deepEqual(effectOf(after, before), { anew, files });
  });
}

test('every service is hardened and bounded, and has a user of its own', (t) => {
  for (const input of Object.values(APPLIANCES)) {
    const { services } = composeOf(input);
    t.is(new Set(Object.values(services).map(({ user }) => user)).size, Object.keys(services).length);
    for (const [name, service] of Object.entries(services)) {
      t.like(service, {
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        restart: 'unless-stopped',
        pull_policy: 'never',
        logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } },
      });
      t.true(Number(service.pids_limit) > 0);
      t.regex(String(service.mem_limit), /^\d+m$/);
      t.deepEqual(service.cap_add, name === 'coturn' ? ['NET_BIND_SERVICE'] : undefined);
    }
  }
});

test('a secret is in files for the one user that needs it, and nowhere else', (t) => {
  const { next, previous, ...inUse } = secrets;
  t.deepEqual([next, previous], [{}, {}]);
  const readers = Object.entries(inUse).map(([name, value]): [string, string[]] => {
    const files = elementCallStack.render(plain).filter(({ content }) => content.includes(value));
    for (const { path, mode, secret } of files.filter(({ secret }) => secret)) {
      t.deepEqual([path, mode, secret], [path, 0o400, true]);
    }
    return [name, files.map(({ path, secret, owner }) => `${path} ${secret ? owner.uid : 'everybody'}`)];
  });
  t.deepEqual(Object.fromEntries(readers), {
    turn: ['livekit/turn-secret 73479', 'coturn/turn.db 73478'],
    turnLegacy: ['coturn/turn.db 73478', 'tuwunel/turn-secret 73481'],
    // The name of the key, which is no secret.
    livekitKey: ['livekit/livekit.yaml everybody', 'livekit/keys.yaml 73479', 'lk-jwt/key 73480'],
    livekitSecret: ['livekit/keys.yaml 73479', 'lk-jwt/secret 73480'],
    redis: [],
  });
});

test('the world reaches media, the relay and Traefik; lk-jwt-service reaches two services and no more', (t) => {
  const services = elementCallServices(plain.config);
  t.deepEqual(
    services.flatMap(({ published }) => published.map(({ protocol, port }) => `${port}/${protocol}`)),
    ['7881/tcp', '7882/udp', '80/tcp', '443/tcp'],
  );
  t.deepEqual(
    services.flatMap(({ name, egress }) => (egress ? [[name, egress]] : [])),
    [['lk-jwt', ['traefik', 'livekit']]],
  );
});

test('a locked service shares its network with just those that it may reach', (t) => {
  const { services } = z
    .object({
      services: z.record(z.string(), z.object({ networks: z.record(z.string(), z.unknown()).optional() })),
    })
    .parse(parse(contentOf('compose.yaml')));
  for (const { name, egress } of elementCallServices(plain.config).filter((service) => service.egress)) {
    const on = (network: string) =>
      Object.keys(services).filter((service) => Object.hasOwn(services[service]?.networks ?? {}, network));
    t.deepEqual(Object.keys(services[name]?.networks ?? {}), ['token']);
    t.deepEqual(on('token').sort(), [name, ...(egress ?? [])].sort());
  }
});

test('every service is defined, rendered and probed; without an address it cannot be, which is no success', (t) => {
  const names = elementCallServices(plain.config).map(({ name }) => name);
  t.deepEqual([...names].sort(), Object.keys(composeOf(plain).services).sort());
  const places = { backend: null, host: '203.0.113.7', publicHost: '203.0.113.7' };
  for (const name of names) {
    t.true(elementCallProbes(name, { ...places, backend: '172.30.5.2' }).length > 0, name);
    if (name !== 'coturn') t.deepEqual(elementCallProbes(name, places), []);
  }
});

test('LiveKit offers the address by which the internet reaches this machine, not that in the VPN or of a site', (t) => {
  const offered = (addresses: string[], network = {}) =>
    mediaAddresses(changed({ network }).config, addresses);
  t.deepEqual(offered(['10.8.0.1', '192.168.1.5', '203.0.113.7', '203.0.113.9']), ['203.0.113.7']);
  t.deepEqual(offered(['10.8.0.1', '100.64.0.3']), ['100.64.0.3']);
  t.deepEqual(offered(['10.8.0.1']), ['10.8.0.1']);
  t.deepEqual(offered(['192.168.1.5', '203.0.113.7'], { addresses: ['192.168.1.5'] }), ['192.168.1.5']);
  t.deepEqual(offered(['192.168.1.5'], { publicAddresses: ['203.0.113.7', '2001:db8::7'] }), [
    '203.0.113.7',
    '2001:db8::7',
  ]);
  t.deepEqual(offered(['192.168.1.5'], { publicAddresses: ['2001:db8::7'], subnet6: 'none' }), [
    '192.168.1.5',
  ]);
});

test('without an image for a service nothing is rendered, and the next step is named', (t) => {
  const error = t.throws(() =>
    elementCallStack.render({ ...plain, images: [image('livekit'), image('coturn')] }),
  );
  t.like(error, {
    code: 'IMAGES_MISSING',
    message: 'there is no image of lk-jwt among those of this appliance',
  });
});

test('appliances that help each other share a Redis: the first has it, for those that it names; the others LiveKit and a relay', (t) => {
  const { helped, media } = APPLIANCES;
  if (helped === undefined || media === undefined) throw new Error('no such sample');
  const names = (input: RenderInput) => elementCallServices(input.config).map(({ name }) => name);
  t.deepEqual(names(helped).sort(), ['coturn', 'livekit', 'lk-jwt', 'redis', 'traefik', 'tuwunel']);
  t.deepEqual(names(media), ['livekit', 'coturn']);
  const published = elementCallServices(helped.config).flatMap((service) => service.published);
  t.deepEqual(
    published.filter(({ service }) => service === 'redis'),
    [{ protocol: 'tcp', port: 6379, service: 'redis', from: ['10.8.0.12', '10.8.0.13'] }],
  );
  const filesOf = (input: RenderInput) => elementCallStack.render(input).map(({ path }) => path);
  t.deepEqual(filesOf(media).sort(), [
    'compose.yaml',
    'coturn/turn.db',
    'coturn/turnserver.conf',
    'livekit/keys.yaml',
    'livekit/livekit.yaml',
    'livekit/turn-secret',
  ]);
  // The password stands in LiveKit's file alone: Redis itself knows its hash.
  const holders = elementCallStack.render(helped).filter(({ content }) => content.includes(secrets.redis));
  t.deepEqual(
    holders.map(({ path, mode, secret }) => [path, mode, secret]),
    [['livekit/livekit.yaml', 0o400, true]],
  );
});
