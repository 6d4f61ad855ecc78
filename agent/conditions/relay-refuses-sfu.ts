import { saidInLogs } from './said-in-logs.ts';

export const relayRefusesSfu = saidInLogs({
  code: 'RELAY_REFUSES_SFU',
  severity: 'degraded',
  title: 'The relay refuses the way to LiveKit',
  check: 'Relay reaches LiveKit',
  seenAs: ['Forbidden IP', '403 Forbidden IP'],
  meaning:
    'coturn lets its users reach the addresses of this machine and nothing else. It refused one of them, which its ' +
    'configuration should name, or LiveKit told clients the address of its container, which leads nowhere. Clients that ' +
    'cannot do without the relay get no media.',
  remedy:
    'Behind a router that translates addresses name the public one: `network.publicAddresses` in ' +
    '/etc/appliance-agent/appliance.yaml. Then: `sudo agentctl verify` ("relay", "media")',
});
