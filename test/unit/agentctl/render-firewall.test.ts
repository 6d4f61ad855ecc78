import test from 'ava';
import type { FirewallReading } from '../../../agent/agentctl/firewall-reading.ts';
import { renderDifferences, renderFirewall } from '../../../agent/agentctl/render/firewall.ts';
import { plain } from '../../../agent/agentctl/terminal.ts';
import { wellStatus } from '../control/a-status.ts';

const screen = { columns: 100, paint: plain };
const well: FirewallReading = { firewall: wellStatus.firewall, stale: false, source: 'Looked at just now' };
const drifted: FirewallReading = {
  ...well,
  firewall: {
    ...wellStatus.firewall,
    state: 'drifted',
    differences: [
      'chain input: the rule drop-without-backend is missing',
      'map dnat4: udp . 7882 is missing',
    ],
  },
};

test('each port is shown with its target and what went through in each direction', (t) => {
  t.is(
    renderFirewall(well, screen),
    `Table inet appliance: in sync. Looked at just now.

PORT             SERVICE  TARGET           FLOWS       IN    BYTES        OUT    BYTES
7881/tcp         livekit  172.30.5.2:7881      0        0      0 B          0      0 B
7882/udp         livekit  172.30.5.2:7882     12  234,567  179 MiB  1,000,000  763 MiB
3478/udp         coturn   host                 2       30  2.9 KiB         10   1000 B
49152-49663/udp  coturn   host                 0        0      0 B          0      0 B
In: packets from clients to the service; out: from it to them. Counted since the table was made.

Through the rules of others: open (accepted by DOCKER-USER)
docker-proxy processes: 0

Dropped by our rules: 7 packets (700 B) to a published port while its service was away
`,
  );
});

test('what differs is listed, with what to do if it comes back', (t) => {
  const shown = renderDifferences(drifted, screen);
  t.regex(shown, /^Table inet appliance: NOT AS IT SHOULD BE\./);
  t.regex(shown, /^ {2}- chain input: the rule drop-without-backend is missing$/m);
  t.regex(shown, /^ {2}- map dnat4: udp \. 7882 is missing$/m);
  t.regex(shown, /Next: [^`]*`agentctl events --since 1h`/);
  t.regex(renderDifferences(well, screen), /^No difference: /m);
});

test('rules of others that block, and a service without a container, are said', (t) => {
  const { firewall } = well;
  if (firewall === null) return t.fail();
  const [first, ...rest] = firewall.published;
  if (first === undefined) return t.fail();
  const shown = renderFirewall(
    {
      ...well,
      firewall: {
        ...firewall,
        published: [{ ...first, target: null }, ...rest],
        forwardPath: { open: false, detail: 'policy DROP of FORWARD' },
        dropped: [],
      },
    },
    screen,
  );
  t.regex(shown, /^7881\/tcp +livekit +no container /m);
  t.regex(shown, /BLOCKED \(policy DROP of FORWARD\)/);
  t.regex(shown, /^Dropped by our rules: nothing$/m);
});

test('what nobody reported is not known', (t) => {
  const unknown: FirewallReading = { firewall: null, stale: true, source: 'Not known: there is no file' };
  for (const shown of [renderFirewall(unknown, screen), renderDifferences(unknown, screen)]) {
    t.is(shown, 'UNKNOWN  Not known: there is no file.\n');
  }
});
