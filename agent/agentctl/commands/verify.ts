import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadConfig } from '../../config/load-config.ts';
import { AgentError } from '../../system/errors.ts';
import { appliancePaths, type Paths } from '../../system/paths.ts';
import { requireRoot } from '../as-root.ts';
import type { Context } from '../context.ts';
import { type Check, overallOf } from '../doctor/checks.ts';
import { EXIT } from '../exit-codes.ts';
import { renderChecks } from '../render/doctor.ts';
import { chainHere } from '../verify/chain-here.ts';
import { configProof, imagesProof, profilesProof } from '../verify/content.ts';
import { mediaProofs } from '../verify/media-proofs.ts';
import { programsProof } from '../verify/programs.ts';
import { type Proof, toCheck } from '../verify/proof.ts';
import { releaseProof } from '../verify/release.ts';
import { routeProofs } from '../verify/routes.ts';
import { rulesProof } from '../verify/rules.ts';
import { unitsProof } from '../verify/units.ts';

/** Where install.sh puts the release, below the root of a machine or an image. */
const RELEASE = 'opt/appliance-agent/current';

/**
 * Proves the chain of trust of the running stack, link by link; with `offline` that a cold boot without a network comes
 * up, by the files alone. `root`: the folder of an image instead of this machine.
 */
export async function verify(
  context: Context,
  options: { json?: true; offline?: true; root?: string },
): Promise<number> {
  const proofs = options.offline ? offlineProofs(context, options.root) : await chainProofs(context.paths);
  const checks: Check[] = [];
  for (const proof of proofs) checks.push(await toCheck(proof));
  const overall = overallOf(checks);
  if (options.json) context.terminal.write(`${JSON.stringify({ overall, checks }, null, 2)}\n`);
  else context.terminal.write(renderChecks(checks, askAgain(options), context.terminal));
  return EXIT[overall];
}

function askAgain({ offline, root }: { offline?: true; root?: string }): string | null {
  if (process.getuid?.() === 0) return null;
  return [
    'sudo agentctl verify',
    ...(offline ? ['--offline'] : []),
    ...(root ? [`--root ${root}`] : []),
  ].join(' ');
}

/** Error: USAGE. */
function offlineProofs(context: Context, root: string | undefined): readonly Proof[] {
  if (root !== undefined && !existsSync(root)) {
    const hint = 'Give the folder below which the image is.';
    throw new AgentError({ code: 'USAGE', message: `There is no folder ${root}`, hint });
  }
  const paths = root === undefined ? context.paths : appliancePaths(resolve(root));
  const release = join('/', paths.root, RELEASE);
  return [
    releaseProof(release),
    programsProof(paths.root),
    unitsProof({ shipped: join(release, 'units'), installed: join('/', paths.root, 'etc/systemd/system') }),
    configProof(paths),
    imagesProof(paths),
    profilesProof(paths, release),
    rulesProof(paths, context.clock.now()),
  ];
}

/** Errors: NEEDS_ROOT, VERIFY_NO_CHAIN, and those of `chainHere`. */
async function chainProofs(paths: Paths): Promise<readonly Proof[]> {
  requireRoot('The chain of trust is proved with the secrets of this appliance');
  const { config } = await loadConfig({ path: paths.config, acceptedPath: paths.acceptedConfig });
  if (config === null || config.elementCall === null) {
    throw new AgentError({
      code: 'VERIFY_NO_CHAIN',
      message: 'The chain of trust is that of the stack element-call, which is not configured here',
      hint: 'Write the configuration first: `agentctl config validate`. Of the demonstration there is: `sudo agentctl verify --offline`',
    });
  }
  if (config.elementCall.role === 'media') {
    throw new AgentError({
      code: 'VERIFY_NO_CHAIN',
      message: 'This appliance carries media for another one, and has no part in its chain of trust',
      hint: `Ask the one at ${config.elementCall.primary}: \`sudo agentctl verify\``,
    });
  }
  const { chain, ports } = await chainHere(paths, config, config.elementCall);
  return [...routeProofs(chain, ports), ...mediaProofs(chain, ports)];
}
