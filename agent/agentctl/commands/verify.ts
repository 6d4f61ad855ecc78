import { join, resolve } from 'node:path';
import { appliancePaths } from '../../system/paths.ts';
import type { Context } from '../context.ts';
import { type Check, overallOf } from '../doctor/checks.ts';
import { EXIT } from '../exit-codes.ts';
import { renderChecks } from '../render/doctor.ts';
import { configProof, imagesProof, profilesProof } from '../verify/content.ts';
import { programsProof } from '../verify/programs.ts';
import { toCheck } from '../verify/proof.ts';
import { releaseProof } from '../verify/release.ts';
import { rulesProof } from '../verify/rules.ts';
import { unitsProof } from '../verify/units.ts';

/** Where install.sh puts the release, below the root of a machine or an image. */
const RELEASE = 'opt/appliance-agent/current';

/**
 * Proves that a cold boot without a network comes up, by the files alone: nothing need run. `root`: the folder of an
 * image instead of this machine.
 */
export async function verify(context: Context, options: { json?: true; root?: string }): Promise<number> {
  const paths = options.root === undefined ? context.paths : appliancePaths(resolve(options.root));
  const release = join('/', paths.root, RELEASE);
  const proofs = [
    releaseProof(release),
    programsProof(paths.root),
    unitsProof({ shipped: join(release, 'units'), installed: join('/', paths.root, 'etc/systemd/system') }),
    configProof(paths),
    imagesProof(paths),
    profilesProof(paths, release),
    rulesProof(paths, context.clock.now()),
  ];
  const checks: Check[] = [];
  for (const proof of proofs) checks.push(await toCheck(proof));
  const overall = overallOf(checks);
  const asRoot = process.getuid?.() === 0;
  if (options.json) context.terminal.write(`${JSON.stringify({ overall, checks }, null, 2)}\n`);
  else context.terminal.write(renderChecks(checks, asRoot, context.terminal));
  return EXIT[overall];
}
