import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { discoveryFault } from '../../../agent/probes/discovery.ts';

const SFU = 'https://rtc.example.org';

async function homeserver(t: ExecutionContext, status: number, body: string): Promise<string> {
  const server = createServer((request, response) =>
    response.writeHead(request.url === '/.well-known/matrix/client' ? status : 500).end(body),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const telling = (...urls: readonly string[]) =>
  JSON.stringify({
    'm.homeserver': { base_url: 'https://matrix.example.org' },
    'org.matrix.msc4143.rtc_foci': urls.map((url) => ({ type: 'livekit', livekit_service_url: url })),
  });

test('a homeserver that names the SFU, with or without a slash, is in order', async (t) => {
  t.is(await discoveryFault(await homeserver(t, 200, telling(SFU)), SFU), null);
  t.is(
    await discoveryFault(await homeserver(t, 200, telling('https://other.example', `${SFU}/`)), SFU),
    null,
  );
});

for (const [what, status, body, fault] of [
  ['another SFU', 200, telling('https://other.example'), /of https:\/\/other\.example, not https:\/\/rtc/],
  ['no SFU', 200, '{"m.homeserver":{}}', /of no SFU/],
  ['no JSON', 200, 'moved', /of no SFU/],
  ['nothing', 404, '', /answers 404/],
] as const) {
  test(`a homeserver that tells of ${what} is at fault`, async (t) => {
    t.regex((await discoveryFault(await homeserver(t, status, body), SFU)) ?? '', fault);
  });
}

test('one that does not answer is not judged', async (t) => {
  await t.throwsAsync(discoveryFault('http://127.0.0.1:9', SFU), { message: /ECONNREFUSED/ });
});
