import { bad, good, judge, nothingHere } from './findings.ts';
import type { Condition } from './types.ts';

const NEXT =
  'Behind a router that translates addresses name the public one: `network.publicAddresses` in ' +
  '/etc/appliance-agent/appliance.yaml. Else see with what LiveKit runs: `sudo agentctl logs livekit`';

export const mediaCandidatesWrong: Condition = {
  code: 'MEDIA_CANDIDATES_WRONG',
  severity: 'degraded',
  title: 'LiveKit tells clients wrong addresses',
  check: 'Media addresses',
  meaning:
    'LiveKit tells each client where to send media, and which relay to use. It named something else than the addresses in ' +
    'its configuration and our relay: addresses of containers (172.…), which lead nowhere, or a STUN or TURN server of ' +
    'somebody else, who then learns who calls whom.',
  remedy: NEXT,
  dependsOn: ['ENGINE_UNREACHABLE', 'SERVICE_DOWN'],
  evaluate: (facts) =>
    judge(facts.media, (media) => {
      if (media === null) return nothingHere;
      return media.fault === null ? good('exactly those of the configuration') : bad(media.fault, NEXT);
    }),
};
