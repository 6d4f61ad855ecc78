import test from 'ava';
import { lintCompose } from '../../../agent/stack/lint-compose.ts';

const places = (services: object) => lintCompose({ services }).map(({ place }) => place);

test('a service that asks for nothing special is not refused', (t) => {
  t.deepEqual(
    places({
      coturn: { network_mode: 'host', cap_add: ['NET_BIND_SERVICE'] },
      livekit: {
        networks: ['rtc'],
        volumes: [{ type: 'bind', source: '/var/lib/appliance-agent/stack/livekit' }],
      },
    }),
    [],
  );
});

for (const [what, service, place] of [
  ['a published port', { ports: ['443:443'] }, 'ports[0]'],
  ['a range of ports', { ports: ['80:80', '50000-50200:50000-50200/udp'] }, 'ports[1]'],
  ['a published port in the long form', { ports: [{ target: 443, published: '443' }] }, 'ports[0]'],
  ['ports that are no list', { ports: '443:443' }, 'ports'],
  ['the host network', { network_mode: 'host' }, 'network_mode'],
  ['the network of a container', { network_mode: 'container:x' }, 'network_mode'],
  ['privilege', { privileged: true }, 'privileged'],
  ['a capability', { cap_add: ['NET_BIND_SERVICE'] }, 'cap_add[0]'],
  ['the processes of the host', { pid: 'host' }, 'pid'],
  ['the memory of the host', { ipc: 'host' }, 'ipc'],
  ['the users of the host', { userns_mode: 'host' }, 'userns_mode'],
  ['a device', { devices: ['/dev/kmsg'] }, 'devices'],
  ['the socket of the engine', { volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro'] }, 'volumes[0]'],
  ['the folder of that socket', { volumes: [{ type: 'bind', source: '/var/run/' }] }, 'volumes[0]'],
  ['the whole machine', { volumes: ['/:/host:ro'] }, 'volumes[0]'],
] as const) {
  test(`${what} is refused, with the place and the reason`, (t) => {
    const problems = lintCompose({ services: { livekit: service } });
    t.true(
      problems.some((problem) => problem.place === `services.livekit.${place}`),
      JSON.stringify(problems),
    );
    for (const { reason } of problems) t.regex(reason, /^\p{L}.{30,}/u);
  });
}

test('coturn may have the host network, and nothing else that is refused', (t) => {
  t.deepEqual(places({ coturn: { network_mode: 'host', privileged: true, cap_add: ['SYS_ADMIN'] } }), [
    'services.coturn.privileged',
    'services.coturn.cap_add[0]',
  ]);
});

test('what is no compose file is refused', (t) => {
  for (const document of [null, [], { services: ['livekit'] }]) t.is(lintCompose(document).length, 1);
});
