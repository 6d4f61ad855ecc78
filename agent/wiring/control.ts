import { gatherForwardPath } from '../conditions/gather/forward-path.ts';
import { type ControlServer, startControlServer } from '../control/server.ts';
import type { Status } from '../control/status.ts';
import { AGENT_VERSION } from '../control/version.ts';
import { controlApi } from '../reconcile/control-api.ts';
import { firewallNow } from '../reconcile/firewall-status.ts';
import type { Parts } from './parts.ts';
import type { Senses } from './senses.ts';

/** Begins to listen to agentctl. */
export function openControl(
  { paths, clock, store, memory, nft, run, look, stack }: Parts,
  senses: Senses,
  { status, wake }: { readonly status: () => Status | null; readonly wake: () => void },
): Promise<ControlServer> {
  return startControlServer(
    paths.socket,
    controlApi({
      clock,
      store,
      memory,
      nft,
      agentVersion: AGENT_VERSION,
      services: look.services,
      rotations: () => stack().rotations,
      status,
      firewall: () =>
        firewallNow({
          nft,
          desired: look.desired(),
          history: memory.history(),
          forwardPath: () => gatherForwardPath(run),
          dockerProxies: senses.slow().dockerProxies,
          config: look.config(),
          flows: look.traffic(),
          now: clock.now(),
        }),
      wake,
    }),
  );
}
