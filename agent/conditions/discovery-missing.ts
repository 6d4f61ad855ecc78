import { bad, good, judge, nothingHere } from './findings.ts';
import type { Condition } from './types.ts';

const NEXT =
  'Have the homeserver made anew from the files of the agent: `sudo docker rm -f appliance-tuwunel-1`. Then: `sudo agentctl ' +
  'verify` ("transport discovery"), and `sudo agentctl logs tuwunel`';

export const discoveryMissing: Condition = {
  code: 'DISCOVERY_MISSING',
  severity: 'degraded',
  title: 'Clients are not told of the SFU',
  check: 'SFU is announced',
  seenAs: ['MISSING_MATRIX_RTC_FOCUS', 'MISSING_MATRIX_RTC_TRANSPORT'],
  meaning:
    'Before a call a client asks its homeserver where the SFU is, in `.well-known/matrix/client` or at `rtc/transports` ' +
    '(MSC4143). The homeserver does not name this one. Users see MISSING_MATRIX_RTC_FOCUS or _TRANSPORT, and nobody can ' +
    'begin a call. Where `domains.serverName` leads to another machine, the same must be told there.',
  remedy: NEXT,
  dependsOn: ['ENGINE_UNREACHABLE', 'SERVICE_DOWN'],
  evaluate: (facts) =>
    judge(facts.discovery, (discovery) => {
      if (discovery === null) return nothingHere;
      return discovery.fault === null ? good('clients are told of it') : bad(discovery.fault, NEXT);
    }),
};
