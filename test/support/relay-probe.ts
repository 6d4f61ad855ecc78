// The agent's probe of a relay, run in a network namespace: `relay-probe.ts JSON`. Prints the verdict as JSON.

import { udpPath } from '../../agent/probes/datagram-path.ts';
import { allocate } from '../../agent/probes/turn-allocation.ts';
import { probeTurnRelay, type TurnTarget } from '../../agent/probes/turn-probe.ts';
import { describeError } from '../../agent/system/errors.ts';

export interface RelayQuestion extends TurnTarget {
  /** Peers for which a permission is asked as well. */
  readonly strangers: readonly string[];
}

const { strangers, ...target }: RelayQuestion = JSON.parse(process.argv[2] ?? '');
const verdict = await probeTurnRelay(target);
const refusals: Record<string, string> = {};
if (strangers.length > 0) {
  const { server, credential, timeoutMs } = target;
  const allocation = await allocate({ server: udpPath(server), credential, timeoutMs });
  for (const stranger of strangers) {
    refusals[stranger] = await allocation.permit(stranger).then(() => 'permitted', describeError);
  }
  await allocation.free();
}
console.log(JSON.stringify({ verdict, refusals }));
