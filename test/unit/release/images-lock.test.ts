import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { updateLock } from '../../../agent/release/images/update-lock.ts';
import { LOCKED_IMAGES, type LockedImage, parseLock } from '../../../agent/stack/element-call/image-lock.ts';
import { elementCallServices } from '../../../agent/stack/element-call/services.ts';
import { plain } from '../stack/element-call/samples.ts';

const INDEX = '{"schemaVersion":2,"manifests":[]}';
const DIGEST = `sha256:${createHash('sha256').update(INDEX).digest('hex')}`;

/** A registry that has one tag, and gives anybody a token for it as the public ones do. */
async function registry(t: ExecutionContext, saidDigest = DIGEST): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://registry');
    asked.push(`${url.pathname}${url.search}`);
    if (url.pathname === '/token') response.end('{"token":"t"}');
    else if (request.headers.authorization !== 'Bearer t') {
      const scope = `repository:${url.pathname.split('/').slice(2, -2).join('/')}:pull`;
      const realm = `http://${request.headers.host}/token`;
      response
        .writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="s",scope="${scope}"` })
        .end();
    } else if (!url.pathname.endsWith('/manifests/v1')) response.writeHead(404).end();
    else if (!request.headers.accept?.includes('application/vnd.oci.image.index.v1+json'))
      response.writeHead(406).end();
    else response.writeHead(200, { 'docker-content-digest': saidDigest }).end(INDEX);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const image = (reference: string, digest: string | null = null): LockedImage => ({
  service: 'x',
  reference,
  digest,
  source: digest === null ? null : 'a file',
});

test('every service of the stack has a pinned image, and no digest is without its source', (t) => {
  t.deepEqual(
    LOCKED_IMAGES.filter(({ optional }) => !optional)
      .map(({ service }) => service)
      .sort(),
    elementCallServices(plain.config)
      .map(({ name }) => name)
      .sort(),
  );
  for (const { digest, source } of LOCKED_IMAGES) t.is(digest === null, source === null);
});

test('a lock with a moving tag or half a digest is refused', (t) => {
  t.throws(() => parseLock({ images: [image('x:latest')] }));
  t.throws(() => parseLock({ images: [{ ...image('x:v1'), digest: 'sha256:abc' }] }));
});

test('a tag is looked up with a token, and by what the registry sends', async (t) => {
  const { url, asked } = await registry(t);
  const updated = await updateLock(
    [image('a.example/one/two:v1'), image('three:v1'), image('four/five:v1')],
    {
      urlOf: () => url,
      withoutHost: url,
    },
  );
  t.deepEqual(updated.problems, []);
  for (const { digest, source } of updated.images)
    t.deepEqual([digest, source], [DIGEST, 'the registry, asked for v1']);
  t.true(asked.includes('/v2/one/two/manifests/v1'));
  t.true(asked.includes('/v2/library/three/manifests/v1'));
  t.true(asked.includes('/token?service=s&scope=repository%3Afour%2Ffive%3Apull'));
});

test('a digest that is still the same keeps the source that was cited for it', async (t) => {
  const { url } = await registry(t);
  const updated = await updateLock([image('three:v1', DIGEST)], { urlOf: () => url, withoutHost: url });
  t.is(updated.images[0]?.source, 'a file');
});

test('what cannot be asked stays as it is, and is said', async (t) => {
  const { url } = await registry(t);
  const images = [image('a.example/one:v2'), image('three:v1', DIGEST), image('b.example:1/x:v1')];
  const updated = await updateLock(images, {
    urlOf: (host) => (host === 'a.example' ? url : 'http://127.0.0.1:1'),
    withoutHost: null,
  });
  t.deepEqual(updated.images, images);
  t.regex(updated.problems[0] ?? '', /manifests\/v2: it answered 404/);
  t.regex(updated.problems[1] ?? '', /no registry was named for three:v1/);
  t.regex(updated.problems[2] ?? '', /cannot be asked for .*: fetch failed/);
});

test('a registry whose words and content differ is not believed', async (t) => {
  const { url } = await registry(t, `sha256:${'0'.repeat(64)}`);
  const { images, problems } = await updateLock([image('three:v1')], { urlOf: () => url, withoutHost: url });
  t.is(images[0]?.digest, null);
  t.regex(problems[0] ?? '', /it calls sha256:0+ what is sha256:/);
});
