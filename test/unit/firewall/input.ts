import type { FirewallInput } from '../../../agent/firewall/input.ts';

/** What a table is made from, with something of everything but a perimeter. */
export const input: FirewallInput = {
  published: [
    { protocol: 'udp', port: 7882, service: 'livekit' },
    { protocol: 'tcp', port: 7881, service: 'livekit' },
  ],
  open: [{ protocol: 'udp', from: 3478, to: 3478, service: 'coturn' }],
  relays: [{ uid: 73478, port: 3478 }],
  backends: new Map([['livekit', '172.30.5.2']]),
  backends6: new Map([['livekit', 'fd00:5::2']]),
  network: { name: 'rtc', bridge: 'br-appliance', subnet: '172.30.5.0/24', subnet6: 'fd00:5::/64' },
  locked: [],
  publicAddresses: ['203.0.113.7', '2001:db8::7'],
  hostBehind: new Map([['203.0.113.7', '192.0.2.10']]),
  masquerade: false,
  perimeter: { confirmed: null, trial: null },
  mdns: false,
};
