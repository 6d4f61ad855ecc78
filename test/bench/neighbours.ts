import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine } from '../../agent/engine/engine.ts';
import { buildImages } from '../../agent/release/images/build.ts';
import { programLayer } from '../../agent/release/images/layer.ts';
import { run } from '../../agent/system/processes.ts';
import type { Appliance } from '../support/appliance.ts';

/** Containers of somebody else on the engine of an appliance. */
export interface Neighbours {
  /** Starts more of them until there are so many; each sleeps, on Docker's default network. */
  grow(count: number): Promise<void>;
  remove(): Promise<void>;
}

const NAME = 'neighbour';
/** So many are started at once. */
const AT_ONCE = 4;

/** Loads an image with nothing but sleep(1) in it. */
export async function inviteNeighbours(appliance: Appliance): Promise<Neighbours> {
  const image = await loadSleeper(appliance.paths.engineSocket);
  const names: string[] = [];
  const start = async () => {
    const name = `${NAME}-${names.length}`;
    names.push(name);
    await appliance.docker('run', '--detach', '--name', name, image, 'infinity');
  };
  return {
    async grow(count) {
      while (names.length < count) {
        await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - names.length) }, start));
      }
    },
    async remove() {
      if (names.length > 0) await appliance.docker('rm', '--force', ...names.splice(0));
    },
  };
}

async function loadSleeper(socket: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'aa-neighbour-'));
  try {
    const sleep = { source: '/usr/bin/sleep', target: '/usr/bin/sleep', executable: true };
    const [built] = await buildImages(
      [
        {
          service: NAME,
          repository: NAME,
          version: '1',
          entrypoint: [sleep.target],
          layer: await programLayer(run, sleep, [], []),
        },
      ],
      directory,
    );
    if (built === undefined) throw new Error('no image was built');
    await createEngine({ socket }).loadImage(join(directory, built.archive));
    return built.reference;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
