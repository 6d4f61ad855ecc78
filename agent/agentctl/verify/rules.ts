import { tmpdir } from 'node:os';
import { unknown } from '../../conditions/findings.ts';
import { createNft, creation, NFT_PROGRAM, NftError } from '../../nftables/index.ts';
import { desiredState } from '../../reconcile/desired.ts';
import { NO_PERIMETER } from '../../reconcile/perimeter.ts';
import { stackNamed } from '../../stack/stack-named.ts';
import type { Instant } from '../../system/clock.ts';
import type { Paths } from '../../system/paths.ts';
import { run } from '../../system/processes.ts';
import { requireRoot } from '../as-root.ts';
import { bootConfig } from './content.ts';
import { disproved, type Proof } from './proof.ts';

const NOT_LOOKED_AT = { ok: false, why: 'nothing runs yet' } as const;

/**
 * nft takes the rules of the first moment of a boot, when no container runs. It is asked in a network namespace of its
 * own, so the rules of the machine that is asked do not matter. That machine's nft and kernel answer, also for an image.
 */
export function rulesProof(paths: Pick<Paths, 'config' | 'rendered' | 'data'>, now: Instant): Proof {
  return {
    check: 'rules',
    async prove() {
      const config = await bootConfig(paths);
      requireRoot('only root may ask nft');
      const nft = createNft({
        run,
        temporaryDirectory: tmpdir(),
        command: ['/usr/bin/unshare', '--net', NFT_PROGRAM],
      });
      const desired = desiredState(
        stackNamed(config.stack),
        paths,
        {
          config,
          secrets: NOT_LOOKED_AT,
          certificates: { ok: true, value: null },
          images: NOT_LOOKED_AT,
          engine: NOT_LOOKED_AT,
          table: NOT_LOOKED_AT,
          ipv6: null,
          dockerRules: unknown('nothing runs yet'),
          addresses: [],
          hardware: unknown('nothing runs yet'),
        },
        // A cold boot has no trial, and what was confirmed was confirmed on another machine, if at all.
        { turnAddresses: null, applied: null, perimeter: NO_PERIMETER },
        now,
      );
      if (desired === null) throw disproved('there is no configuration to make rules from', 'Write one.');
      try {
        await nft.check(creation(desired.table));
      } catch (error) {
        if (error instanceof NftError) throw disproved(error.message, error.hint);
        throw error;
      }
      return `nft ${await nft.version()} takes the table inet appliance, ${desired.table.chains.length} chains`;
    },
  };
}
