import test from 'ava';
import type { FirewallReading } from '../../../agent/agentctl/firewall-reading.ts';
import { renderDifferences, renderFirewall } from '../../../agent/agentctl/render/firewall.ts';
import { perimeterWords } from '../../../agent/agentctl/render/perimeter.ts';
import { formatCount } from '../../../agent/agentctl/render/ports.ts';
import { formatTimeNear } from '../../../agent/agentctl/render/times.ts';
import { plain } from '../../../agent/agentctl/terminal.ts';
import type { PerimeterStatus } from '../../../agent/control/status.ts';
import { wellStatus } from '../control/a-status.ts';

const NOW = '2026-11-22T12:00:00.000Z';
const screen = { columns: 100, paint: plain };
const well: FirewallReading = {
  firewall: wellStatus.firewall,
  stale: false,
  now: NOW,
  source: 'Looked at just now',
};
const onTrial: PerimeterStatus = {
  mode: 'enforce',
  management: '22/tcp from 192.0.2.0/24',
  inForce: 'trial',
  trialEndsAt: '2026-11-22T12:04:30.000Z',
  rolledBack: null,
  closes: [{ port: '8080/tcp', program: 'p (pid 1)' }],
  sessions: [
    { from: '192.0.2.9', port: 22, mayComeAgain: true },
    { from: '198.51.100.9', port: 22, mayComeAgain: false },
  ],
};
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

PORT             SERVICE  TARGET      FLOWS     IN    BYTES     OUT    BYTES
7881/tcp         livekit  172.30.5.2      0      0      0 B       0      0 B
7882/udp         livekit  172.30.5.2     12  234 k  179 MiB  1.00 M  763 MiB
3478/udp         coturn   host            2     30  2.9 KiB      10   1000 B
49152-49663/udp  coturn   host            0      0      0 B       0      0 B
In: packets from clients to the service; out: from it to them. Counted since the table was made.

Through the rules of others: open (accepted by DOCKER-USER)
docker-proxy processes: 0

Dropped by our rules: 7 packets (700 B) to a published port while its service was away
`,
  );
});

test('a count takes six characters at the most, and is never too high', (t) => {
  const counts = [0, 99_999, 100_000, 999_999, 1_239_999, 12_399_999, 999_999_999, 1_230_000_000];
  t.deepEqual(counts.map(formatCount), [
    '0',
    '99,999',
    '100 k',
    '999 k',
    '1.23 M',
    '12.3 M',
    '999 M',
    '1.23 G',
  ]);
});

test('on 80 columns the busiest port is on one line', (t) => {
  const { firewall } = well;
  if (firewall === null) return t.fail();
  const through = { packets: 12_345_678, bytes: 99.9 * 2 ** 30 };
  const published = firewall.published.map((port) => ({ ...port, flows: 12_345, in: through, out: through }));
  const shown = renderFirewall(
    { ...well, firewall: { ...firewall, published } },
    { columns: 80, paint: plain },
  );
  for (const line of shown.split('\n')) t.true(line.length <= 80, line);
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
  const unknown: FirewallReading = {
    firewall: null,
    stale: true,
    now: NOW,
    source: 'Not known: there is no file',
  };
  for (const shown of [renderFirewall(unknown, screen), renderDifferences(unknown, screen)]) {
    t.is(shown, 'UNKNOWN  Not known: there is no file.\n');
  }
});

test('a perimeter is shown with its time, what it closes and who could not come in again', (t) => {
  const { firewall } = well;
  if (firewall === null) return t.fail();
  const shownWith = (perimeter: Partial<PerimeterStatus>) =>
    renderFirewall({ ...well, firewall: { ...firewall, perimeter: { ...onTrial, ...perimeter } } }, screen);
  const end = onTrial.trialEndsAt ?? '';
  t.true(
    shownWith({}).endsWith(
      `Perimeter: on trial until ${formatTimeNear(end, NOW)} (4 min left). Open is 22/tcp from 192.0.2.0/24.
  Next: Open a new SSH connection to this machine. If it works: \`sudo agentctl firewall confirm\`. If
        not, wait.
CLOSES    PROGRAM
8080/tcp  p (pid 1)
SSH from 192.0.2.9 by port 22: may come in again
SSH from 198.51.100.9 by port 22: goes on, and could NOT come in again
`,
    ),
    shownWith({}),
  );
  const confirmed = shownWith({ inForce: 'confirmed', trialEndsAt: null, closes: null, sessions: null });
  t.regex(confirmed, /^Perimeter: in force\. Open is 22\/tcp from 192\.0\.2\.0\/24\. What it closes cannot/m);
  const rolledBack = { at: NOW, why: 'it was not confirmed within 300 s' };
  t.regex(
    shownWith({ inForce: 'nothing', trialEndsAt: null, rolledBack }),
    /^Perimeter: not in force\.\n {2}Next: It was rolled back: it was not confirmed within 300 s\. /m,
  );
  t.regex(
    shownWith({ mode: 'observe', inForce: 'nothing', trialEndsAt: null }),
    /^Perimeter: observed, nothing is closed\. enforce would leave open 22\/tcp/m,
  );
});

test('the foot of the status has the perimeter in a few words', (t) => {
  t.deepEqual(perimeterWords(null, NOW), []);
  t.deepEqual(perimeterWords(onTrial, NOW), ['perimeter on trial, 4 min left']);
  t.deepEqual(perimeterWords({ ...onTrial, inForce: 'nothing', trialEndsAt: null }, NOW), [
    'perimeter not in force',
  ]);
  t.deepEqual(perimeterWords({ ...onTrial, inForce: 'confirmed', trialEndsAt: null }, NOW), [
    'perimeter in force',
  ]);
  t.deepEqual(perimeterWords({ ...onTrial, mode: 'observe' }, NOW), ['perimeter observed']);
});
