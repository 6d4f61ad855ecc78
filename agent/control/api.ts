import type { FirewallStatus, Status } from './status.ts';

export interface ServiceRequest {
  readonly service: string;
}

export interface HoldRequest extends ServiceRequest {
  /** Milliseconds after which the hold ends by itself; null: it does not. */
  readonly forMs: number | null;
  /** Absent: an operator's. */
  readonly reason?: string | undefined;
}

export interface ProvisionRequest {
  /** A step: what was recorded of it and of those after it is forgotten. */
  readonly from: string;
}

export interface RotateRequest {
  readonly secret: string;
  /** How long the old one stays good once the new one is in use, milliseconds; null: as long as what it made may live. */
  readonly overlapMs: number | null;
}

/** A backup that was written, for the record. */
export interface BackupNote {
  readonly file: string;
  readonly bytes: number;
  /** How long the homeserver did not serve for it, milliseconds. */
  readonly stoppedForMs: number;
}

/** What was done, as one sentence for a person. */
export interface Done {
  readonly message: string;
}

/**
 * What agentctl can ask of the running agent, over its unix socket. Each rejects with an AgentError, which reaches
 * the caller with its code, message and hint. Answers come at once: what takes long is begun, not awaited.
 */
export interface ControlApi {
  /** Leaves a service alone, whatever becomes of it. */
  hold(request: HoldRequest): Promise<Done>;
  /** Ends a hold. */
  release(request: ServiceRequest): Promise<Done>;
  /** Heals a service now, without waiting for its turn. */
  heal(request: ServiceRequest): Promise<Done>;
  /** Goes through steps of provisioning again, and waits no longer for the turn of what failed. */
  provisionAgain(request: ProvisionRequest): Promise<Done>;
  /** Ends the time in which the agent only observes. */
  resume(): Promise<Done>;
  status(): Promise<Status>;
  /** The firewall as it is at this moment, compared with what it should be. */
  firewall(): Promise<FirewallStatus>;
  /** Keeps the perimeter that is on trial; `unproven`: also if nobody was seen to come in since it began. */
  confirmPerimeter(request: { readonly unproven: boolean }): Promise<Done>;
  rollBackPerimeter(): Promise<Done>;
  /** Puts the perimeter that was rolled back on trial again. */
  tryPerimeter(): Promise<Done>;
  /** Begins to put a new secret in the place of another. */
  rotateSecret(request: RotateRequest): Promise<Done>;
  /** Records a backup that agentctl made. */
  backupMade(note: BackupNote): Promise<Done>;
  ping(): Promise<{ readonly agentVersion: string }>;
}

/** Where each function is found over HTTP. */
export const ROUTES: {
  readonly [Name in keyof ControlApi]: { readonly method: 'GET' | 'POST'; readonly path: string };
} = {
  hold: { method: 'POST', path: '/hold' },
  release: { method: 'POST', path: '/release' },
  heal: { method: 'POST', path: '/heal' },
  provisionAgain: { method: 'POST', path: '/provision' },
  resume: { method: 'POST', path: '/resume' },
  status: { method: 'GET', path: '/status' },
  firewall: { method: 'GET', path: '/firewall' },
  confirmPerimeter: { method: 'POST', path: '/perimeter/confirm' },
  rollBackPerimeter: { method: 'POST', path: '/perimeter/roll-back' },
  tryPerimeter: { method: 'POST', path: '/perimeter/try' },
  rotateSecret: { method: 'POST', path: '/secrets/rotate' },
  backupMade: { method: 'POST', path: '/backup/made' },
  ping: { method: 'GET', path: '/ping' },
};
