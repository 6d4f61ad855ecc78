import { join, resolve } from 'node:path';
import { DEFAULT_CONFIG } from '../../agent/config/schema.ts';
import { createCompose } from '../../agent/engine/compose.ts';
import { pluginCandidates } from '../../agent/engine/compose-plugin.ts';
import { createEngine } from '../../agent/engine/engine.ts';
import type { Compose, Engine } from '../../agent/engine/types.ts';
import { embeddedStack } from '../../agent/stack/embedded/stack.ts';
import { ensureSecrets } from '../../agent/stack/secrets.ts';
import type { StackImage } from '../../agent/stack/types.ts';
import { writeRendered } from '../../agent/stack/write-rendered.ts';
import { appliancePaths } from '../../agent/system/paths.ts';
import { run } from '../../agent/system/processes.ts';
import { startEngine, type TestEngine } from './engine.ts';
import { testImages } from './images.ts';
import type { Machine } from './machine.ts';

const FETCHED_PLUGIN = resolve(import.meta.dirname, '../../.cache/cli-plugins/docker-compose');

/** Where the tests look for Compose: as the agent does, and where `test/setup.sh` puts it. */
export const composePlugins = [...pluginCandidates(process.env), FETCHED_PLUGIN];

/** The embedded stack on a machine, without the agent: what the agent's parts are made to work with. */
export interface TestStack {
  readonly dockerd: TestEngine;
  readonly engine: Engine;
  readonly compose: Compose;
  readonly file: string;
  readonly directory: string;
  readonly turnSecret: string;
  readonly images: readonly StackImage[];
  /** Renders the stack for these addresses and writes what changed. */
  render(addresses: readonly string[]): Promise<string[]>;
}

/** Starts an engine on the machine, with the images loaded and the stack rendered; nothing of it is up yet. */
export async function prepareStack(machine: Machine, addresses: readonly string[]): Promise<TestStack> {
  const { rendered: directory } = appliancePaths(machine.root);
  const { directory: archives, images } = await testImages();
  const dockerd = await startEngine({ root: machine.root, netns: machine.hostNamespace });
  const engine = createEngine({ socket: dockerd.socket });
  for (const { archive } of images) await engine.loadImage(join(archives, archive));
  const secrets = await ensureSecrets({ directory: join(machine.root, 'secrets') });
  const render = (to: readonly string[]) =>
    writeRendered(
      embeddedStack.render({
        config: DEFAULT_CONFIG,
        addresses: to,
        certificates: null,
        secrets,
        images,
        directory,
        dataDirectory: join(machine.root, 'data'),
      }),
      directory,
    );
  await render(addresses);
  return {
    dockerd,
    engine,
    compose: createCompose({ run, engineSocket: dockerd.socket, candidates: composePlugins }),
    file: join(directory, 'compose.yaml'),
    directory,
    turnSecret: secrets.turn,
    images,
    render,
  };
}
