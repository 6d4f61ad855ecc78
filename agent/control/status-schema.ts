// zod/mini: agentctl loads this for each `status`, and the full zod would add 25 ms to its start.
import * as z from 'zod/mini';
import type { FirewallStatus, Status } from './status.ts';

const nullableText = z.nullable(z.string());
const count = z.number().check(z.nonnegative());

const verdict = z.looseObject({
  ok: z.boolean(),
  kind: z.enum(['http', 'tcp', 'udp', 'stun', 'turn', 'exec']),
  latencyMs: z.nullable(z.number()),
  detail: z.string(),
});

const budgets = z.looseObject({
  startup: count,
  liveness: count,
  livenessMisses: count,
  readinessMisses: count,
  interval: count,
  timeout: count,
});

const media = z.looseObject({
  at: z.string(),
  paths: z.array(
    z.looseObject({
      path: z.enum(['signalling', 'udp', 'tcp', 'relay']),
      ok: z.nullable(z.boolean()),
      roundTripMs: z.nullable(count),
      since: nullableText,
      detail: z.string(),
    }),
  ),
  fault: nullableText,
});

const service = z.looseObject({
  name: z.string(),
  state: z.string(),
  probe: z.nullable(verdict),
  budgets: z.exactOptional(budgets),
  healing: z.looseObject({
    rung: z.string(),
    attempts: count,
    nextAction: nullableText,
    nextAt: nullableText,
  }),
  startedAt: nullableText,
  image: nullableText,
  media: z.exactOptional(media),
});

const traffic = { packets: count, bytes: count };

const published = z.looseObject({
  protocol: z.enum(['tcp', 'udp']),
  port: z.number(),
  portTo: z.exactOptional(z.number()),
  service: z.string(),
  target: nullableText,
  ...traffic,
  flows: count,
  in: z.looseObject(traffic),
  out: z.looseObject(traffic),
});

const perimeter = z.looseObject({
  mode: z.enum(['observe', 'enforce']),
  management: z.string(),
  inForce: z.enum(['nothing', 'trial', 'confirmed']),
  trialEndsAt: nullableText,
  rolledBack: z.nullable(z.looseObject({ at: z.string(), why: z.string() })),
  closes: z.nullable(z.array(z.looseObject({ port: z.string(), program: z.string() }))),
  sessions: z.nullable(z.array(z.looseObject({ from: z.string(), port: count, mayComeAgain: z.boolean() }))),
});

export const firewallSchema: z.ZodMiniType<FirewallStatus> = z.looseObject({
  state: z.enum(['in-sync', 'drifted', 'failed']),
  differences: z.array(z.string()),
  published: z.array(published),
  forwardPath: z.looseObject({ open: z.nullable(z.boolean()), detail: z.string() }),
  dropped: z.array(z.looseObject({ what: z.string(), ...traffic })),
  perimeter: z.nullable(perimeter),
  dockerProxyProcesses: z.nullable(count),
});

const step = z.looseObject({
  name: z.string(),
  state: z.enum(['done', 'running', 'failed', 'pending']),
  finishedAt: nullableText,
  detail: z.string(),
});

const problem = z.looseObject({
  code: z.string(),
  severity: z.enum(['info', 'degraded', 'critical']),
  title: z.string(),
  since: z.string(),
  evidence: z.string(),
  next: z.string(),
});

const setting = z.looseObject({
  name: z.string(),
  state: z.enum(['applied', 'unsupported', 'drifted', 'pending']),
  want: z.string(),
  seen: nullableText,
  detail: z.string(),
});

const firmware = z.looseObject({
  name: z.string(),
  state: z.enum(['ok', 'known-bad', 'outdated', 'missing', 'unknown']),
  version: nullableText,
  detail: z.string(),
  next: z.string(),
});

/** The shape of status.json. Fields that a newer agent adds pass through. */
export const statusSchema: z.ZodMiniType<Status> = z.looseObject({
  schemaVersion: z.literal(1),
  generatedAt: z.string(),
  generatedMonotonicMs: count,
  bootId: z.string(),
  agentVersion: z.string(),
  overall: z.enum(['ok', 'degraded', 'critical', 'unknown']),
  provisioning: z.looseObject({
    state: z.enum(['done', 'running', 'failed']),
    steps: z.array(step),
  }),
  services: z.array(service),
  firewall: firewallSchema,
  hardware: z.looseObject({
    profile: z.string(),
    score: z.number(),
    evidence: z.array(z.string()),
    settings: z.array(setting),
    firmware: z.array(firmware),
  }),
  problems: z.array(problem),
});
