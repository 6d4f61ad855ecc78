import { known, unknown } from '../../conditions/findings.ts';
import type { Facts } from '../../conditions/types.ts';
import type { StatusReading } from '../../control/status-file.ts';
import { takesCalls } from './takes-calls.ts';

/** What the agent's media probe saw last; `agentctl verify` asks anew. */
export function gatherMedia({ status, stale }: StatusReading): Facts['media'] {
  if (status === null || stale)
    return unknown('only a running agent probes media; `agentctl verify` asks now');
  if (!takesCalls(status)) return known(null);
  const media = status.services.find((service) => service.media !== undefined)?.media;
  return media === undefined ? unknown('media was not probed yet') : known(media);
}
