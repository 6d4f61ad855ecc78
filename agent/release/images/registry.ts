import { createHash } from 'node:crypto';
import { AgentError, describeError } from '../../system/errors.ts';

/** What a tag may lead to: an index of several platforms, or one image (OCI image and Docker's own media types). */
const ACCEPT = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

const TIMEOUT_MS = 20_000;
/** A manifest is at most 4 MiB by the specification. */
const MOST_BYTES = 4 * 1024 * 1024;

/**
 * The digest that a tag leads to now, from its registry (OCI Distribution Specification 1.1, "Pulling manifests"): the
 * SHA-256 of what it sends, held against what it says. `base` is the registry's URL. Error: REGISTRY_FAILED.
 */
export async function digestOf(base: string, repository: string, tag: string): Promise<string> {
  const url = `${base}/v2/${repository}/manifests/${tag}`;
  try {
    const first = await get(url, null);
    const answer = first.status === 401 ? await get(url, await tokenFor(first.challenge)) : first;
    if (answer.status !== 200) throw new Error(`it answered ${answer.status}`);
    const digest = `sha256:${createHash('sha256').update(answer.body).digest('hex')}`;
    if (answer.digest !== null && answer.digest !== digest) {
      throw new Error(`it calls ${answer.digest} what is ${digest}`);
    }
    return digest;
  } catch (error) {
    throw new AgentError({
      code: 'REGISTRY_FAILED',
      message: `the registry cannot be asked for ${url}: ${describeError(error)}`,
      hint: 'Check the name of the image, its tag, and that the registry can be reached from here.',
      cause: error,
    });
  }
}

async function get(url: string, token: string | null) {
  const response = await fetch(url, {
    headers: { accept: ACCEPT, ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const body = Buffer.from(await response.arrayBuffer());
  if (body.length > MOST_BYTES) throw new Error(`it sent ${body.length} bytes`);
  return {
    status: response.status,
    challenge: response.headers.get('www-authenticate') ?? '',
    digest: response.headers.get('docker-content-digest'),
    body,
  };
}

/** A token that anybody gets, from where the challenge says (RFC 6750; the Distribution project's token specification). */
async function tokenFor(challenge: string): Promise<string> {
  const parameters = new Map(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  );
  const realm = parameters.get('realm');
  if (!/^Bearer /i.test(challenge) || !realm) throw new Error('it wants a login');
  const url = new URL(realm);
  for (const name of ['service', 'scope']) {
    const value = parameters.get(name);
    if (value) url.searchParams.set(name, value);
  }
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  const answer: unknown = await response.json();
  const token = typeof answer === 'object' && answer !== null && 'token' in answer ? answer.token : undefined;
  if (!response.ok || typeof token !== 'string') throw new Error(`it gave no token (${response.status})`);
  return token;
}
