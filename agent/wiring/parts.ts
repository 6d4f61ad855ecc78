import { mkdir } from 'node:fs/promises';
import { createConfigSource } from '../config/config-source.ts';
import { AGENT_VERSION } from '../control/version.ts';
import { createCompose } from '../engine/compose.ts';
import { createEngine } from '../engine/engine.ts';
import { createEngineUnit } from '../engine/unit.ts';
import { createNft } from '../nftables/index.ts';
import { createIncidentLog } from '../reconcile/incident-log.ts';
import { createLastLook } from '../reconcile/last-look.ts';
import { createMemory } from '../reconcile/memory.ts';
import { elementCallStack } from '../stack/element-call/stack.ts';
import { embeddedStack } from '../stack/embedded/stack.ts';
import { remembered } from '../stack/remembered.ts';
import { createSecretSource } from '../stack/secret-source.ts';
import type { Stack } from '../stack/types.ts';
import { openStore } from '../store/open.ts';
import { createBallast } from '../system/ballast.ts';
import { systemClock } from '../system/clock.ts';
import { removeUnfinished } from '../system/files.ts';
import { createLog } from '../system/log.ts';
import { appliancePaths } from '../system/paths.ts';
import { run } from '../system/processes.ts';
import { releaseFolder } from '../system/release-folder.ts';
import { serviceManager } from '../system/sd-notify.ts';
import { isUnderSystemd } from '../system/under-systemd.ts';
import { recordRestore, restoreIfAsked } from './restore.ts';

/** What stands by itself: each part is made of the machine and of parts above it, and begins nothing. */
export type Parts = Awaited<ReturnType<typeof openParts>>;

/** Makes the folders, opens the database, and closes what a killed agent left open in it. */
export async function openParts(env: NodeJS.ProcessEnv) {
  const paths = appliancePaths(env.APPLIANCE_AGENT_ROOT ?? '');
  const clock = systemClock();
  const secrets = createSecretSource(paths.secrets);
  const log = createLog({
    secretValues: secrets.values,
    underSystemd: env.JOURNAL_STREAM !== undefined,
  });
  const manager = serviceManager(run, clock, env);

  // The status must be readable by everybody, the state by root alone.
  await mkdir(paths.runDirectory, { recursive: true, mode: 0o755 });
  await mkdir(paths.stateDirectory, { recursive: true, mode: 0o700 });
  // A secret that never came to be used is a secret all the same.
  await removeUnfinished(paths.stateDirectory);
  for (const folder of [paths.secrets, paths.rendered]) await removeUnfinished(folder, { recursive: true });
  const compose = createCompose({ run, engineSocket: paths.engineSocket });
  const wasRestored = await restoreIfAsked(paths, compose, log);
  const store = openStore({ path: paths.database, migrationsDirectory: releaseFolder('migrations'), clock });
  if (wasRestored) await recordRestore(paths, store, clock);
  const interrupted = store.closeInterrupted();
  log.info({ version: AGENT_VERSION, database: store.condition, interrupted }, 'the agent starts');

  const memory = createMemory(store, clock.now());
  const engine = createEngine({ socket: paths.engineSocket });
  const underSystemd = isUnderSystemd(paths);
  const engineUnit = createEngineUnit({ run, program: env.APPLIANCE_AGENT_ENGINE_RESTART, underSystemd });
  const nft = createNft({ run, temporaryDirectory: paths.runDirectory });
  const incidents = createIncidentLog(store, memory.died);
  const config = createConfigSource(paths);
  const stacks: Readonly<Record<'element-call' | 'embedded', Stack>> = {
    'element-call': remembered(elementCallStack),
    embedded: remembered(embeddedStack),
  };
  return {
    run,
    paths,
    clock,
    secrets,
    log,
    manager,
    store,
    memory,
    engine,
    engineUnit,
    underSystemd,
    compose,
    nft,
    incidents,
    config,
    ballast: createBallast(run, paths.ballast),
    /** The stack that the newest accepted configuration asks for. */
    stack: () => stacks[config.latest()?.config?.stack ?? 'element-call'],
    /** What the newest round saw. */
    look: createLastLook(),
  };
}
