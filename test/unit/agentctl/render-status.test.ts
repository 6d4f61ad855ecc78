import { stripVTControlCharacters } from 'node:util';
import test from 'ava';
import { renderStatus } from '../../../agent/agentctl/render/status.ts';
import { coloured, plain } from '../../../agent/agentctl/terminal.ts';
import type { Status } from '../../../agent/control/status.ts';
import type { StatusReading } from '../../../agent/control/status-file.ts';
import { livekitDown, wellStatus } from '../control/a-status.ts';

// Local times are shown: the expected texts are in this zone.
process.env.TZ = 'UTC';

const screen = { columns: 80, paint: plain };
const fresh = (status: Status): StatusReading => ({
  status,
  ageMs: 2_000,
  stale: false,
  reason: 'fresh',
  detail: '',
});
const old = (changes: Partial<StatusReading>): StatusReading => ({
  status: wellStatus,
  ageMs: 191_000,
  stale: true,
  reason: 'too-old',
  detail: 'it is older than 30 s',
  ...changes,
});
const firstLine = (text: string) => text.split('\n')[0];

const TABLES = `SERVICE  STATE    PROBE         STARTED         HEALING
coturn   running  ok stun 1 ms  11:05:12 (2 h)  -
livekit  running  ok http 2 ms  11:05:10 (2 h)  -

PORT             SERVICE  TARGET           FLOWS    PACKETS    BYTES
7881/tcp         livekit  172.30.5.2:7881      0          0      0 B
7882/udp         livekit  172.30.5.2:7882     12  1,234,567  942 MiB
3478/udp         coturn   host                 2         40  3.9 KiB
49152-49663/udp  coturn   host                 0          0      0 B

Firewall in sync, 0 docker-proxy processes, provisioning done, hardware profile
generic, agent 0.1.0.
`;

test('an appliance that is well is told in one screen', (t) => {
  t.is(
    renderStatus(fresh(wellStatus), false, screen),
    `OK  All services are serving. Reported 2 s ago.\n\n${TABLES}`,
  );
});

test('a service that has just started, and was not asked yet, is not said to serve', (t) => {
  const services = wellStatus.services.map((service) =>
    service.name === 'livekit' ? { ...service, probe: null } : service,
  );
  t.is(
    renderStatus(fresh({ ...wellStatus, services }), false, { ...screen, columns: 120 }).split('\n')[0],
    'OK  Just started, and not asked yet whether they serve: livekit. Reported 2 s ago.',
  );
});

test('problems come first: what, since when, how it is known, and what to do next', (t) => {
  const note = {
    ...livekitDown,
    code: 'CLOCK_UNSYNCHRONISED',
    severity: 'info' as const,
    title: 'The clock is not synchronised',
    since: '2026-11-20T10:00:00Z',
    evidence: 'not synchronised with a time server',
    next: 'Use `timedatectl`.',
  };
  const text = renderStatus(
    fresh({ ...wellStatus, overall: 'critical', problems: [livekitDown, note] }),
    false,
    screen,
  );
  t.is(
    text,
    `CRITICAL  1 problem, since 13:02:02 (3 min). Reported 2 s ago.

CRITICAL  A service does not serve [SERVICE_DOWN], since 13:02:02 (3 min)
  livekit: exited with code 137
  Next: The agent heals it by itself. See what it did and why it failed:
        \`agentctl events --since 1h\`,
        \`sudo docker logs --tail 50 appliance-livekit-1\`
NOTE  The clock is not synchronised [CLOCK_UNSYNCHRONISED], since 2026-11-20
      10:00:00 (2 d 3 h)
  not synchronised with a time server
  Next: Use \`timedatectl\`.

${TABLES}`,
  );
});

test('several problems are counted from the earliest', (t) => {
  const other = { ...livekitDown, code: 'DISK_LOW', since: '2026-11-22T12:05:12.000Z' };
  const text = renderStatus(
    fresh({ ...wellStatus, overall: 'critical', problems: [livekitDown, other] }),
    false,
    screen,
  );
  t.is(firstLine(text), 'CRITICAL  2 problems, since 12:05:12 (1 h). Reported 2 s ago.');
});

test('a service that fails shows its probe, and what its healing will do when', (t) => {
  const livekit = wellStatus.services[1];
  if (livekit === undefined) return t.fail();
  const services = [
    {
      ...livekit,
      state: 'exited',
      probe: { ok: false, kind: 'http' as const, latencyMs: null, detail: 'refused' },
      healing: {
        rung: 'start',
        attempts: 3,
        nextAction: 'start the container',
        nextAt: '2026-11-22T13:05:40.000Z',
      },
    },
    { ...livekit, name: 'coturn', state: 'absent', probe: null, startedAt: null },
  ];
  const text = renderStatus(fresh({ ...wellStatus, services }), false, screen);
  t.true(
    text.includes(`SERVICE  STATE   PROBE       STARTED         HEALING
livekit  exited  FAILS http  11:05:10 (2 h)  start, 3 attempts, next at
                                             13:05:40: start the container
coturn   absent  -           -               -
`),
    text,
  );
});

test('a service that came back shows how often it was tried, and an unknown count is called that', (t) => {
  const livekit = wellStatus.services[1];
  if (livekit === undefined) return t.fail();
  const services = [{ ...livekit, healing: { ...livekit.healing, attempts: 1 } }];
  const firewall = { ...wellStatus.firewall, state: 'failed' as const, dockerProxyProcesses: null };
  const text = renderStatus(fresh({ ...wellStatus, services, firewall }), false, screen);
  t.regex(text, /^livekit .* 1 attempt$/m);
  t.regex(text, /^Firewall FAILED, unknown number of docker-proxy processes,/m);
});

test('while the appliance is being set up its steps are shown, and a failed one stands out', (t) => {
  const step = (name: string, state: 'done' | 'running' | 'failed' | 'pending', detail = '') => ({
    name,
    state,
    finishedAt: null,
    detail,
  });
  const bare: Status = {
    ...wellStatus,
    overall: 'degraded',
    services: [],
    firewall: { ...wellStatus.firewall, published: [] },
  };
  const steps = [step('images', 'done', '2 loaded'), step('firewall', 'running'), step('stack', 'pending')];
  t.is(
    renderStatus(fresh({ ...bare, provisioning: { state: 'running', steps } }), false, screen),
    `DEGRADED  The appliance is being set up. Reported 2 s ago.

SETTING UP  STATE    DETAIL
images      done     2 loaded
firewall    running
stack       waiting

Firewall in sync, 0 docker-proxy processes, provisioning running, hardware
profile generic, agent 0.1.0.
`,
  );
  const failed = [step('images', 'failed', 'no space left on device')];
  const text = renderStatus(
    fresh({ ...bare, overall: 'critical', provisioning: { state: 'failed', steps: failed } }),
    false,
    screen,
  );
  t.is(firstLine(text), 'CRITICAL  The appliance could not be set up. Reported 2 s ago.');
  t.regex(text, /^images +FAILED {2}no space left on device$/m);
});

test('with the agent dead it says how old the picture is, shows it, and what to do', (t) => {
  t.is(
    renderStatus(old({}), false, screen),
    `UNKNOWN  The agent is not running: this is what it saw 3 min ago.
  Next: \`systemctl status appliance-agent\`, then
        \`sudo systemctl start appliance-agent\` (without systemd: run install.sh
        again)

${TABLES}`,
  );
});

test('an agent that runs but does not report is told from one that is gone', (t) => {
  const text = renderStatus(old({}), true, screen);
  t.is(firstLine(text), 'UNKNOWN  The agent runs but does not report: this is what it saw 3 min ago.');
  t.regex(text, /It may hang/);
});

test('a picture from before the reboot has a date instead of an age', (t) => {
  const text = renderStatus(old({ ageMs: null, reason: 'other-boot' }), false, { ...screen, columns: 120 });
  t.is(
    firstLine(text),
    'UNKNOWN  The agent is not running: this is what it saw on 2026-11-22 13:05:12, before the machine started anew.',
  );
});

test('without a status it says what that means and how to install', (t) => {
  const nothing = old({
    status: null,
    ageMs: null,
    reason: 'absent',
    detail: 'there is no /run/x/status.json',
  });
  t.is(
    renderStatus(nothing, false, screen),
    `UNKNOWN  The agent is not running, and has reported nothing since the machine
         started: there is no /run/x/status.json.
  Next: \`systemctl status appliance-agent\`, then
        \`sudo systemctl start appliance-agent\` (without systemd: run install.sh
        again). If it was never installed: \`sudo ./install.sh --demo\`
`,
  );
  const garbage = old({ status: null, ageMs: null, reason: 'not-valid', detail: '/run/x is not valid: a.b' });
  t.is(
    firstLine(renderStatus(garbage, false, screen)),
    'UNKNOWN  The status cannot be read: /run/x is not valid: a.b.',
  );
});

test('no line is wider than the screen, colours or not', (t) => {
  const status: Status = { ...wellStatus, overall: 'critical', problems: [livekitDown, livekitDown] };
  for (const columns of [60, 80, 100]) {
    for (const paint of [plain, coloured]) {
      const text = renderStatus(fresh(status), false, { columns, paint });
      const visible = stripVTControlCharacters(text);
      const widest = Math.max(...visible.split('\n').map((line) => line.length));
      t.true(widest <= Math.max(columns, 72), `${widest} characters at ${columns}`);
      t.is(paint === coloured, text !== visible);
    }
  }
});
