import type { FirmwareStatus } from '../hardware/firmware.ts';
import type { SettingStatus } from '../hardware/settings.ts';
import type { ProbeBudgets } from '../probes/budgets.ts';
import type { Verdict } from '../probes/types.ts';

export type Overall = 'ok' | 'degraded' | 'critical' | 'unknown';
export type Severity = 'info' | 'degraded' | 'critical';

/** Something that is wrong, for a person: what, since when, how it is known, and what to do next. */
export interface Problem {
  readonly code: string;
  readonly severity: Severity;
  readonly title: string;
  /** ISO 8601. */
  readonly since: string;
  readonly evidence: string;
  readonly next: string;
}

/** What a participant of a room of its own saw of media, from this machine. */
export interface MediaStatus {
  /** When it was asked last, ISO 8601. */
  readonly at: string;
  readonly paths: readonly {
    readonly path: 'signalling' | 'udp' | 'tcp' | 'relay';
    /** Null while it was not asked, or failed just once. */
    readonly ok: boolean | null;
    readonly roundTripMs: number | null;
    /** Since when it fails, ISO 8601; null while it does not. */
    readonly since: string | null;
    readonly detail: string;
  }[];
  /** What is wrong with what clients are told; null when nothing is. */
  readonly fault: string | null;
}

export interface ServiceStatus {
  readonly name: string;
  /** The engine's word for it, or `absent`, `held`. */
  readonly state: string;
  readonly probe: Verdict | null;
  /** How patient the agent is with it, milliseconds; absent from an agent before it knew them. */
  readonly budgets?: ProbeBudgets;
  readonly healing: {
    readonly rung: string;
    readonly attempts: number;
    readonly nextAction: string | null;
    readonly nextAt: string | null;
  };
  readonly startedAt: string | null;
  readonly image: string | null;
  /** Of the SFU, once it was probed. */
  readonly media?: MediaStatus;
}

export interface Traffic {
  readonly packets: number;
  readonly bytes: number;
}

export interface PublishedStatus {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  /** Last port of a range; absent for a single port. */
  readonly portTo?: number;
  readonly service: string;
  /** `address:port`, `host` for a port of a host-network service, null while there is no backend. */
  readonly target: string | null;
  /** Both directions together. */
  readonly packets: number;
  readonly bytes: number;
  readonly flows: number;
  /** From clients to the service. */
  readonly in: Traffic;
  readonly out: Traffic;
}

/** The default deny that `firewall.mode` asks for. */
export interface PerimeterStatus {
  readonly mode: 'observe' | 'enforce';
  /** Who may manage this machine, e.g. `22/tcp from anywhere`. */
  readonly management: string;
  readonly inForce: 'nothing' | 'trial' | 'confirmed';
  /** When the trial ends by itself, ISO 8601. */
  readonly trialEndsAt: string | null;
  /** What became of this perimeter's last trial, when it was not confirmed. */
  readonly rolledBack: { readonly at: string; readonly why: string } | null;
  /** What waits on this machine now and is, or would be, closed; null when that is not known. */
  readonly closes: readonly { readonly port: string; readonly program: string }[] | null;
  /** Logged in by SSH now, and whether a new connection of the same kind would be let in. */
  readonly sessions:
    | readonly { readonly from: string; readonly port: number; readonly mayComeAgain: boolean }[]
    | null;
}

export interface FirewallStatus {
  readonly state: 'in-sync' | 'drifted' | 'failed';
  /** How the table differs from what it should be, a sentence each. */
  readonly differences: readonly string[];
  readonly published: readonly PublishedStatus[];
  /** Whether the rules of others let published flows through; null when that cannot be known. */
  readonly forwardPath: { readonly open: boolean | null; readonly detail: string };
  /** What our own rules dropped, and of which kind it was. */
  readonly dropped: readonly (Traffic & { readonly what: string })[];
  /** Null when none is asked for: `firewall.mode` is publish. */
  readonly perimeter: PerimeterStatus | null;
  /** Null when it cannot be known, as where the processes of others are hidden. */
  readonly dockerProxyProcesses: number | null;
}

export interface ProvisioningStepStatus {
  readonly name: string;
  readonly state: 'done' | 'running' | 'failed' | 'pending';
  readonly finishedAt: string | null;
  readonly detail: string;
}

/** The content of `/run/appliance-agent/status.json`: world-readable, no secrets, stable for scripts. */
export interface Status {
  readonly schemaVersion: 1;
  readonly generatedAt: string;
  /** Milliseconds of CLOCK_MONOTONIC at `generatedAt`: the age of the data, whatever the wall clock does. */
  readonly generatedMonotonicMs: number;
  readonly bootId: string;
  readonly agentVersion: string;
  readonly overall: Overall;
  readonly provisioning: {
    readonly state: 'done' | 'running' | 'failed';
    readonly steps: readonly ProvisioningStepStatus[];
  };
  readonly services: readonly ServiceStatus[];
  readonly firewall: FirewallStatus;
  readonly hardware: {
    readonly profile: string;
    readonly score: number;
    readonly evidence: readonly string[];
    readonly settings: readonly SettingStatus[];
    readonly firmware: readonly FirmwareStatus[];
  };
  readonly problems: readonly Problem[];
}
