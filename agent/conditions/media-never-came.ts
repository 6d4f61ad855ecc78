import { saidInLogs } from './said-in-logs.ts';

export const mediaNeverCame = saidInLogs(
  {
    code: 'MEDIA_NEVER_CAME',
    severity: 'info',
    title: 'Participants had signalling and no media',
    check: 'Media of participants',
    seenAs: ['Waiting for media'],
    meaning:
      'LiveKit gave up on at least three participants of the last half hour with whom it never exchanged a packet of media: ' +
      'they saw "Waiting for media". Either what lies before this machine lets neither 7882/udp, nor 7881/tcp, nor the relay ' +
      'through, or those participants are in networks that let only 443 out, which this appliance does not serve.',
    remedy:
      'Join from another network, e.g. a phone on mobile data. If that fails too: open 7882/udp, 7881/tcp, 3478 udp and tcp, ' +
      'and the relay ports in the firewall in front of this machine. `agentctl firewall show` tells what comes in',
  },
  ['SERVICE_DOWN', 'FORWARD_PATH_BLOCKED', 'TABLE_DRIFTED', 'MEDIA_UNREACHABLE'],
);
