import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describeTree } from '../../backup/describe-tree.ts';
import { FORMAT, type Manifest } from '../../backup/manifest.ts';
import { pack } from '../../backup/pack.ts';
import { sealFor } from '../../backup/seal.ts';
import { stage } from '../../backup/stage.ts';
import { whileStopped } from '../../backup/stopped-service.ts';
import { formatBytes } from '../../conditions/bytes.ts';
import { loadConfig } from '../../config/load-config.ts';
import { createControlClient } from '../../control/client.ts';
import { AGENT_VERSION } from '../../control/version.ts';
import { createEngine } from '../../engine/engine.ts';
import { TUWUNEL } from '../../stack/element-call/names.ts';
import { requireRoot } from '../as-root.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { outputFile } from '../output-file.ts';
import { formatDuration } from '../render/times.ts';

/**
 * Writes what cannot be made again to a file that only the holder of the recipient's identity can read. Errors: NEEDS_ROOT,
 * USAGE, BACKUP_RECIPIENT, AGENT_NOT_RUNNING, and what stops it half-way; a file is then not left behind.
 */
export async function backup(
  { paths, clock, terminal }: Context,
  options: { to: string; recipient: string },
): Promise<number> {
  requireRoot('A backup holds the secrets of this appliance');
  const to = outputFile(options.to);
  const seal = await sealFor(options.recipient);
  const agent = createControlClient(paths.socket);
  await agent.ping();
  const ports = {
    engine: createEngine({ socket: paths.engineSocket }),
    agent,
    nowMs: () => clock.now().monotonicMs,
  };
  const { config } = await loadConfig({ path: paths.config, acceptedPath: paths.acceptedConfig });
  const staged = join(paths.stateDirectory, 'backup');
  let stoppedForMs = 0;
  try {
    await mkdir(paths.stateDirectory, { recursive: true });
    await stage(paths, staged, async (work) => {
      stoppedForMs = await whileStopped(TUWUNEL, work, ports);
    });
    const manifest: Manifest = {
      format: FORMAT,
      agentVersion: AGENT_VERSION,
      createdAt: clock.now().wall,
      serverName: config?.elementCall?.domains.serverName ?? null,
      ...(await describeTree(staged)),
    };
    const bytes = await pack(staged, manifest, seal, to);
    const stopped =
      stoppedForMs === 0 ? '' : ` ${TUWUNEL} did not serve for ${formatDuration(stoppedForMs)}.`;
    await agent.backupMade({ file: to, bytes, stoppedForMs: Math.round(stoppedForMs) });
    terminal.write(`${to} (${formatBytes(bytes)}, ${manifest.files.length} files).${stopped}\n`);
    return EXIT.ok;
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}
