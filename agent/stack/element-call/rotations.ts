import type { Rotations } from '../rotations.ts';
import { TURN_CREDENTIAL_MS } from '../turn-credentials.ts';

const HOUR_MS = 3_600_000;

/**
 * LiveKit reads its keys and the TURN secret at its start only (v1.13, pkg/config), and a start ends every call. coturn
 * asks its database each time, and Tuwunel its file (1.9.0, service/globals). An overlap is the longest life of what is
 * made with the secret: of a TURN credential of LiveKit, of one of Tuwunel (1.9.0: `turn_ttl` is a day), of a token of
 * lk-jwt-service (0.6.0, handler.go: an hour).
 */
export const ROTATIONS: Rotations = new Map([
  ['turn', { overlapMs: TURN_CREDENTIAL_MS, cutsCalls: { switch: true, withdraw: false } }],
  ['turn-legacy', { overlapMs: 24 * HOUR_MS, cutsCalls: { switch: false, withdraw: false } }],
  ['livekit', { overlapMs: HOUR_MS, cutsCalls: { switch: true, withdraw: true } }],
]);
