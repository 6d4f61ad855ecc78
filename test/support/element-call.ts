import { join, resolve } from 'node:path';
import { buildImages } from '../../agent/release/images/build.ts';
import type { ImageSource } from '../../agent/release/images/image.ts';
import { programLayer } from '../../agent/release/images/layer.ts';
import { coturnSource, livekitSource } from '../../agent/release/images/sources.ts';
import { LK_JWT, PORTS, REDIS, TRAEFIK, TUWUNEL } from '../../agent/stack/element-call/names.ts';
import { IMAGE_MANIFEST } from '../../agent/stack/images.ts';
import { writeFileAtomic } from '../../agent/system/files.ts';
import { run } from '../../agent/system/processes.ts';
import { APPLIANCE_NEEDS } from './appliance.ts';
import { bundleStandin, turnserver } from './images.ts';
import { onceARun } from './once-a-run.ts';
import { TELL_PEER } from './peer-calls.ts';
import type { Needs } from './requirements.ts';

const CACHE = resolve(import.meta.dirname, '../../.cache');

export const ELEMENT_CALL_CONFIG = `
stack: element-call
domains: {rtc: rtc.example.org, matrix: matrix.example.org, serverName: example.org}
certificates: {kind: acme}
vpn: {ranges: [10.8.0.0/24]}
`;

/** What an appliance with this stack needs of the machine that tests it: give it to `needs`. */
export const ELEMENT_CALL_NEEDS: Needs = {
  ...APPLIANCE_NEEDS,
  commands: [...(APPLIANCE_NEEDS.commands ?? []), 'redis-server'],
};

/**
 * A folder of images for the stack element-call: the real coturn, Debian's Redis, a stand-in for LiveKit that speaks its
 * signalling, and one image for the three others, which answers with its caller's address on all of their ports.
 */
export const elementCallImages = (): Promise<string> => onceARun('element-call-images', makeImages);

async function makeImages(): Promise<string> {
  const directory = join(CACHE, 'images-element-call');
  const script = join(CACHE, 'sfu-standin.js');
  await bundleStandin(script, 'test/support/sfu-standin.ts');
  const livekit = await livekitSource(run, process.execPath, script);
  const ports = [PORTS.lkJwt, PORTS.tuwunel, PORTS.http, PORTS.https, PORTS.ping].map(String);
  const built = await buildImages(
    [
      await coturnSource(run, turnserver()),
      await redisSource(),
      livekit,
      {
        ...livekit,
        service: TRAEFIK,
        repository: 'appliance-agent/test-standin',
        // What the compose file gives as arguments comes after it.
        entrypoint: ['/usr/bin/node', '-e', TELL_PEER, '--', ...ports],
      },
    ],
    directory,
  );
  const images = built.map(({ changed: _, ...image }) => image);
  const shared = images.filter(({ service }) => service === TRAEFIK);
  const others = [LK_JWT, TUWUNEL].flatMap((service) => shared.map((image) => ({ ...image, service })));
  const manifest = { schemaVersion: 1, images: [...images, ...others] };
  await writeFileAtomic(join(directory, IMAGE_MANIFEST), JSON.stringify(manifest), { mode: 0o644 });
  return directory;
}

/** Under the name by which Valkey's server is started. */
async function redisSource(): Promise<ImageSource> {
  const program = { source: '/usr/bin/redis-server', target: '/usr/bin/valkey-server', executable: true };
  return {
    service: REDIS,
    repository: 'appliance-agent/test-redis',
    version: 'debian',
    entrypoint: [program.target],
    layer: await programLayer(run, program, [], []),
  };
}
