import { known, unknown } from '../../../agent/conditions/findings.ts';
import type { Facts } from '../../../agent/conditions/types.ts';
import { DEFAULT_BUDGETS } from '../../../agent/probes/budgets.ts';

const GiB = 1024 ** 3;

/** The facts of an appliance on which everything is as it should be. */
export const well: Facts = {
  config: known({ accepted: true, error: '', hint: '' }),
  database: known({ state: 'ok', detail: '', hint: '' }),
  engine: known({ version: '20.10.24', error: null, stoppedAt: null }),
  compose: known({ version: '2.26.1', detail: '' }),
  table: known({ state: 'in-sync', differences: [] }),
  forwardPath: known({
    open: true,
    detail: 'accepted by DOCKER-USER',
    rule: 'present',
    program: '/usr/sbin/iptables',
    inUse: ['iptables'],
    ipv6: null,
  }),
  dockerRules: known({ backend: 'iptables', masquerade: true, evidence: 'by default' }),
  foreignRules: known({ drops: [], mayDrop: [], unread: [] }),
  portHolders: known([]),
  perimeter: known(null),
  otherFirewalls: known({ flushing: null, ufw: null, firewalld: null }),
  restraint: known(null),
  recentDrift: known(null),
  discovery: known({ fault: null }),
  media: known({
    at: '2026-11-22T12:00:00.000Z',
    paths: [{ path: 'udp', ok: true, roundTripMs: 1, since: null, detail: 'answered' }],
    fault: null,
  }),
  symptoms: known([]),
  refusal: known(null),
  secrets: known({ refused: null, rotating: null }),
  dockerProxies: known({ count: 0, pssBytes: 0, rssBytes: 0, ports: [] }),
  turnsListener: known({ open: false, detail: 'nothing listens on it' }),
  conntrack: known({ count: 120, max: 65_536 }),
  disks: known([{ mount: '/', availableBytes: 20 * GiB, sizeBytes: 50 * GiB, files: null }]),
  ballast: known(64 * 1024 ** 2),
  memory: known({ availableBytes: 3 * GiB, totalBytes: 4 * GiB, waitedPercent: 0 }),
  clock: known({ wall: '2026-11-22T13:00:00.000Z', synchronized: true, detail: 'synchronised' }),
  hardware: known({
    profile: 'intel-nuc',
    score: 36,
    evidence: ['product name: NUC11TNHi3 (by NUC*, 32)', 'vendor: Intel(R) Client Systems (4)'],
    refused: [],
    tuned: true,
    firmware: [{ name: 'BIOS', state: 'ok', version: 'TNTGL357.0067', detail: '', next: '' }],
    probes: DEFAULT_BUDGETS,
    temperature: { now: 51, high: 80, critical: 110 },
    throttled: false,
    underVoltage: false,
    settings: [
      { name: 'net.core.rmem_max', state: 'applied', want: '16777216', seen: '16777216', detail: '' },
      { name: 'net.core.wmem_max', state: 'applied', want: '16777216', seen: '16777216', detail: '' },
    ],
  }),
  images: known({ missing: [] }),
  services: known([
    { name: 'coturn', state: 'running', serving: true, held: false, failures: null, detail: '' },
    { name: 'livekit', state: 'running', serving: true, held: false, failures: null, detail: '' },
  ]),
};

const WHY = 'needs root';

/** The facts of a machine of which nothing can be known. */
export const dark: Facts = {
  config: unknown(WHY),
  database: unknown(WHY),
  engine: unknown(WHY),
  compose: unknown(WHY),
  table: unknown(WHY),
  forwardPath: unknown(WHY),
  dockerRules: unknown(WHY),
  foreignRules: unknown(WHY),
  portHolders: unknown(WHY),
  perimeter: unknown(WHY),
  otherFirewalls: unknown(WHY),
  restraint: unknown(WHY),
  recentDrift: unknown(WHY),
  discovery: unknown(WHY),
  media: unknown(WHY),
  symptoms: unknown(WHY),
  refusal: unknown(WHY),
  secrets: unknown(WHY),
  dockerProxies: unknown(WHY),
  turnsListener: unknown(WHY),
  conntrack: unknown(WHY),
  disks: unknown(WHY),
  ballast: unknown(WHY),
  memory: unknown(WHY),
  clock: unknown(WHY),
  hardware: unknown(WHY),
  images: unknown(WHY),
  services: unknown(WHY),
};
