import type { Problem, Status } from '../../../agent/control/status.ts';
import type { RecordedEvent } from '../../../agent/store/types.ts';
import type { Clock } from '../../../agent/system/clock.ts';
import { systemClock } from '../../../agent/system/clock.ts';

export const BOOT = '11111111-2222-3333-4444-555555555555';

/** A clock that stands at `monotonicMs` of the boot `bootId`. */
export const clockAt = (monotonicMs: number, bootId = BOOT): Clock => ({
  now: () => ({ bootId, monotonicMs, wall: '2026-11-22T13:05:14.000Z' }),
});

const nothing = { packets: 0, bytes: 0 };
const resting = { rung: 'none', attempts: 0, nextAction: null, nextAt: null } as const;

/** The status of an appliance that is well, written 100 s after boot. */
export const wellStatus: Status = {
  schemaVersion: 1,
  generatedAt: '2026-11-22T13:05:12.000Z',
  generatedMonotonicMs: 100_000,
  bootId: BOOT,
  agentVersion: '0.1.0',
  overall: 'ok',
  provisioning: {
    state: 'done',
    steps: [{ name: 'images', state: 'done', finishedAt: '2026-11-22T11:05:00.000Z', detail: '2 loaded' }],
  },
  services: [
    {
      name: 'coturn',
      state: 'running',
      probe: { ok: true, kind: 'stun', latencyMs: 0.6, detail: 'Binding answered' },
      healing: resting,
      startedAt: '2026-11-22T11:05:12.000Z',
      image: 'appliance/coturn:1',
    },
    {
      name: 'livekit',
      state: 'running',
      probe: { ok: true, kind: 'http', latencyMs: 2.4, detail: '200 OK' },
      healing: resting,
      startedAt: '2026-11-22T11:05:10.000Z',
      image: 'appliance/livekit:1',
    },
  ],
  firewall: {
    state: 'in-sync',
    differences: [],
    published: [
      {
        protocol: 'tcp',
        port: 7881,
        service: 'livekit',
        target: '172.30.5.2:7881',
        packets: 0,
        bytes: 0,
        flows: 0,
        in: nothing,
        out: nothing,
      },
      {
        protocol: 'udp',
        port: 7882,
        service: 'livekit',
        target: '172.30.5.2:7882',
        packets: 1_234_567,
        bytes: 987_654_321,
        flows: 12,
        in: { packets: 234_567, bytes: 187_654_321 },
        out: { packets: 1_000_000, bytes: 800_000_000 },
      },
      {
        protocol: 'udp',
        port: 3478,
        service: 'coturn',
        target: 'host',
        packets: 40,
        bytes: 4_000,
        flows: 2,
        in: { packets: 30, bytes: 3_000 },
        out: { packets: 10, bytes: 1_000 },
      },
      {
        protocol: 'udp',
        port: 49_152,
        portTo: 49_663,
        service: 'coturn',
        target: 'host',
        packets: 0,
        bytes: 0,
        flows: 0,
        in: nothing,
        out: nothing,
      },
    ],
    forwardPath: { open: true, detail: 'accepted by DOCKER-USER' },
    perimeter: null,
    dropped: [{ what: 'to a published port while its service was away', packets: 7, bytes: 700 }],
    dockerProxyProcesses: 0,
  },
  hardware: { profile: 'generic', score: 0, evidence: [], settings: [], firmware: [] },
  problems: [],
};

export const livekitDown: Problem = {
  code: 'SERVICE_DOWN',
  severity: 'critical',
  title: 'A service does not serve',
  since: '2026-11-22T13:02:02.000Z',
  evidence: 'livekit: exited with code 137',
  next: 'The agent heals it by itself. See what it did and why it failed: `agentctl events --since 1h`, `sudo docker logs --tail 50 appliance-livekit-1`',
};

export const died: RecordedEvent = {
  id: 7,
  at: { bootId: BOOT, monotonicMs: 90_000, wall: '2026-11-22T13:05:02.000Z' },
  subject: 'livekit',
  kind: 'service-died',
  cause: 'its process ended with code 137',
  evidence: 'engine event die',
  action: 'start the container',
  result: 'ok',
  resultDetail: 'serving again',
  durationMs: 812,
};

/** The status as the agent would have written it `ageMs` ago. */
export function statusOf(ageMs: number, changes: Partial<Status> = {}): Status {
  const { bootId, monotonicMs } = systemClock().now();
  return { ...wellStatus, bootId, generatedMonotonicMs: Math.max(0, monotonicMs - ageMs), ...changes };
}
