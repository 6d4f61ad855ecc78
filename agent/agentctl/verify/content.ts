import { join } from 'node:path';
import { formatConfigProblems } from '../../config/problems.ts';
import { readConfig } from '../../config/read-config.ts';
import type { ApplianceConfig } from '../../config/schema.ts';
import { loadProfiles } from '../../hardware/load-profiles.ts';
import { readImages, verifyArchive } from '../../stack/images.ts';
import { stackNamed } from '../../stack/stack-named.ts';
import type { Paths } from '../../system/paths.ts';
import { asRoot } from '../as-root.ts';
import { disproved, type Proof, someOf } from './proof.ts';

/** The configuration that the appliance would boot with. Errors: NEEDS_ROOT, NOT_PROVED; the check of it says why. */
export async function bootConfig(paths: Pick<Paths, 'config'>): Promise<ApplianceConfig> {
  const parsed = await read(paths);
  if (parsed.ok) return parsed.config;
  throw disproved('it depends on the configuration, which is refused', 'Correct the configuration first.');
}

export function configProof(paths: Pick<Paths, 'config'>): Proof {
  return {
    check: 'configuration',
    async prove() {
      const parsed = await read(paths);
      if (parsed.ok) return `${paths.config} is accepted: the ${parsed.config.stack} stack`;
      throw disproved(
        formatConfigProblems(parsed.problems, parsed.file),
        `Edit ${paths.config}, then: \`agentctl config validate ${paths.config}\``,
      );
    },
  };
}

const read = ({ config }: Pick<Paths, 'config'>) => asRoot(config, () => readConfig(config));

/** Every service has an image, and every archive is what was built: nothing must be pulled. */
export function imagesProof(paths: Pick<Paths, 'config' | 'images'>): Proof {
  return {
    check: 'images',
    async prove() {
      const images = await readImages(paths.images);
      const config = await bootConfig(paths);
      const services = stackNamed(config.stack)
        .services(config)
        .map(({ name }) => name);
      const without = services.filter((name) => !images.some(({ service }) => service === name));
      if (without.length > 0)
        throw disproved(`no image of ${someOf(without)} in ${paths.images}`, 'Run install.sh again.');
      for (const image of images) await verifyArchive(image, paths.images);
      return `${images.length} archives with the SHA-256 of their manifest`;
    },
  };
}

/** Every hardware profile can be used: a refused one may be the one of this model. */
export function profilesProof(paths: Pick<Paths, 'profileOverrides'>, release: string): Proof {
  return {
    check: 'profiles',
    async prove() {
      const { profiles, refused } = await loadProfiles({
        shipped: join(release, 'firmware-profiles'),
        overrides: paths.profileOverrides,
      });
      if (refused.length > 0)
        throw disproved(
          someOf(refused),
          `Correct it: ${paths.profileOverrides}; see: \`agentctl profile list\``,
        );
      if (profiles.length === 0) throw disproved('the release has no hardware profile', 'Install it again.');
      return `${profiles.length} hardware profiles`;
    },
  };
}
