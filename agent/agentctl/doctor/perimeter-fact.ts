import { known, unknown } from '../../conditions/findings.ts';
import { gatherPerimeterEffect } from '../../conditions/gather/perimeter-effect.ts';
import type { Facts } from '../../conditions/types.ts';
import type { ApplianceConfig } from '../../config/schema.ts';
import type { StatusReading } from '../../control/status-file.ts';
import type { Flow } from '../../firewall/flows.ts';
import { managementText } from '../../firewall/perimeter.ts';

/** The perimeter: what it would close is looked for now; what became of it only a running agent knows. */
export async function gatherPerimeter(
  {
    flows,
    config: { firewall, site },
  }: { readonly flows: readonly Flow[]; readonly config: Pick<ApplianceConfig, 'firewall' | 'site'> },
  { status, stale }: StatusReading,
): Promise<Facts['perimeter']> {
  const { mode, management } = firewall;
  if (mode === 'publish') return known(null);
  const effect = await gatherPerimeterEffect({ flows, management, mdns: site.mdns });
  const { closes, sessions } = effect.known ? effect.value : { closes: null, sessions: null };
  const told = stale ? null : (status?.firewall.perimeter ?? null);
  if (told !== null) return known({ ...told, closes, sessions });
  if (mode === 'enforce') return unknown('only a running agent knows what became of it');
  const nothing = { inForce: 'nothing', trialEndsAt: null, rolledBack: null } as const;
  return known({ mode, management: managementText(management), ...nothing, closes, sessions });
}
