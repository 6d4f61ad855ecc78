import type { SecretValues } from './types.ts';

/** Secrets that can be rotated, by the names that people use; what belongs together is rotated together. */
export const ROTATED = {
  turn: ['turn'],
  'turn-legacy': ['turnLegacy'],
  livekit: ['livekitKey', 'livekitSecret'],
} as const satisfies Readonly<Record<string, readonly (keyof SecretValues)[]>>;

export type RotatedName = keyof typeof ROTATED;

export const isRotated = (name: string): name is RotatedName => Object.hasOwn(ROTATED, name);

/** What the rotation of a secret asks of a stack. */
export interface RotationRules {
  /** How long at most something is good that was made with the old secret: so long both are accepted. */
  readonly overlapMs: number;
  /** Whether a service that carries calls must start anew to take up the new secret, and to forget the old one. */
  readonly cutsCalls: { readonly switch: boolean; readonly withdraw: boolean };
}

/** The secrets that a stack uses. */
export type Rotations = ReadonlyMap<RotatedName, RotationRules>;
