import test from 'ava';
import { parse } from 'yaml';
import { livekitRefuses } from '../../../../agent/stack/element-call/livekit-accepts.ts';
import { refuseUnusable } from '../../../../agent/stack/element-call/refuse-unusable.ts';
import { elementCallServices } from '../../../../agent/stack/element-call/services.ts';
import { elementCallStack } from '../../../../agent/stack/element-call/stack.ts';
import type { RenderedFile } from '../../../../agent/stack/types.ts';
import { plain } from './samples.ts';

/** What is said of the files when `from` in one of them reads `to`. */
function refusal(path: string, from: string | RegExp, to: string): string {
  const files = elementCallStack.render(plain);
  const altered = files.map((file): RenderedFile => {
    return file.path === path ? { ...file, content: file.content.replace(from, to) } : file;
  });
  if (altered.every(({ content }, index) => content === files[index]?.content))
    throw new Error('nothing altered');
  try {
    refuseUnusable(altered, elementCallServices(plain.config));
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

for (const [what, path, from, to, said] of [
  [
    'a key that LiveKit does not know',
    'livekit/livekit.yaml',
    'tcp_port',
    'tcp_prt',
    /rtc: Unrecognized key: "tcp_prt"/,
  ],
  [
    'a port range, for which LiveKit ignores its one port',
    'livekit/livekit.yaml',
    '  udp_port',
    '  port_range_start: 50000\n  udp_port',
    /port_range_start/,
  ],
  [
    'two addresses of a family',
    'livekit/livekit.yaml',
    '203.0.113.7',
    '203.0.113.7,203.0.113.8',
    /node_ip: must be one address/,
  ],
  [
    'the search for the own address',
    'livekit/livekit.yaml',
    'use_external_ip: false',
    'use_external_ip: true',
    /use_external_ip/,
  ],
  [
    'rooms that anybody makes',
    'livekit/livekit.yaml',
    'auto_create: false',
    'auto_create: true',
    /auto_create/,
  ],
  ['a credential for longer than a day', 'livekit/livekit.yaml', '14400', '90000', /ttl/],
  [
    'a webhook signed with a key that is not there',
    'livekit/keys.yaml',
    'APIc',
    'APIx',
    /webhook\.api_key: it is not in the key file/,
  ],
  ['a key that is too short', 'livekit/keys.yaml', /d{40}$/m, '', /fewer than 32 characters/],
  ['a key that Traefik does not know', 'traefik/traefik.yml', 'watch', 'watches', /providers\.file/],
  [
    'a file that Traefik would leave out',
    'traefik/dynamic/routes.yml',
    'sourceRange',
    'sourcerange',
    /ipAllowList/,
  ],
  ['a network that is none', 'traefik/dynamic/routes.yml', '10.8.0.0/24', '10.8.0.0/33', /sourceRange/],
  [
    'a route to a service that is not there',
    'traefik/dynamic/routes.yml',
    'service: tuwunel',
    'service: synapse',
    /there is no synapse/,
  ],
  [
    'a route with a middleware that is not there',
    'traefik/dynamic/routes.yml',
    'vpn-only@file',
    'vpn-only@docker',
    /there is no vpn-only@docker/,
  ],
  [
    'a certificate from where there is none',
    'traefik/traefik.yml',
    'public:',
    'other:',
    /there is no public/,
  ],
  [
    'a published port',
    'compose.yaml',
    '  traefik:\n',
    '  traefik:\n    ports: ["443:443"]\n',
    /services\.traefik\.ports\[0\]: .*docker-proxy/,
  ],
] as const) {
  test(`${what} is refused before anything is written`, (t) => {
    t.regex(refusal(path, from, to), said);
  });
}

test('what is said of keys does not show one', (t) => {
  const { content } =
    elementCallStack.render(plain).find(({ path }) => path === 'livekit/livekit.yaml') ?? {};
  const [said = ''] = livekitRefuses(parse(content ?? ''), { API: 'short-secret' });
  t.regex(said, /fewer than 32/);
  t.notRegex(said, /short-secret/);
});
