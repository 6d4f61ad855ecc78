import { createHash } from 'node:crypto';
import { type TarEntry, tarSize, tarStream } from '../../system/tar.ts';

/** What an image is made of. */
export interface ImageSource {
  readonly service: string;
  /** Without a tag, e.g. `appliance-agent/coturn`. */
  readonly repository: string;
  /** Shown in the tag, e.g. `4.6.1`; the tag's other part is the image's own id. */
  readonly version: string;
  readonly entrypoint: readonly string[];
  readonly layer: readonly TarEntry[];
}

export interface Image {
  readonly service: string;
  readonly reference: string;
  readonly imageId: string;
  readonly archive: readonly TarEntry[];
}

/** There is no time in an image: the same content must be the same image. */
const CREATED = '1970-01-01T00:00:00Z';
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/**
 * An image as the archive that `docker load` takes (Docker Image Specification 1.2: manifest.json, the configuration, one
 * layer). It is written without an engine, so that its id, the SHA-256 of the configuration, is known beforehand and is
 * the same each time. Every content has its own tag: a newer release never changes what a name means.
 */
export async function describeImage(source: ImageSource): Promise<Image> {
  const configuration = JSON.stringify({
    architecture: ARCHITECTURES[process.arch] ?? process.arch,
    os: 'linux',
    created: CREATED,
    config: {
      User: '65534:65534',
      Env: ['PATH=/usr/bin'],
      Entrypoint: source.entrypoint,
      WorkingDir: '/',
      Labels: {
        'org.appliance-agent.stack': 'embedded',
        'org.appliance-agent.service': source.service,
        'org.opencontainers.image.version': source.version,
      },
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${await sha256(tarStream(source.layer))}`] },
    history: [{ created: CREATED, created_by: 'appliance-agent: build-images' }],
  });
  const id = createHash('sha256').update(configuration).digest('hex');
  const reference = `${source.repository}:${source.version}-${id.slice(0, 12)}`;
  const manifest = [{ Config: `${id}.json`, RepoTags: [reference], Layers: ['layer.tar'] }];
  return {
    service: source.service,
    reference,
    imageId: `sha256:${id}`,
    archive: [
      { kind: 'text', path: 'manifest.json', mode: 0o644, text: JSON.stringify(manifest) },
      { kind: 'text', path: `${id}.json`, mode: 0o644, text: configuration },
      {
        kind: 'stream',
        path: 'layer.tar',
        mode: 0o644,
        size: tarSize(source.layer),
        chunks: () => tarStream(source.layer),
      },
    ],
  };
}

async function sha256(chunks: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}
