import type { ApplianceConfig } from '../../config/schema.ts';
import type { Check } from './checks.ts';

const LIMITS =
  'See what it costs and what else would do: /opt/appliance-agent/current/docs/element-call.md, "What it does not do".';

const note = (check: string, evidence: string): Check => ({
  check,
  code: null,
  state: 'note',
  severity: null,
  evidence,
  next: LIMITS,
  essential: false,
});

/** What is not there, and not wrong: somebody whose call fails for it should read it here. */
export function byDesign(stack: ApplianceConfig['stack']): readonly Check[] {
  if (stack !== 'element-call') return [];
  return [
    note(
      'TURN over TLS',
      'off, as it is meant to be: media is encrypted anyway (DTLS-SRTP), also through the relay; who is in a network that ' +
        'lets nothing but 443 out cannot take part in calls',
    ),
    note(
      'Delayed events',
      'Tuwunel 1.9.0 has none (MSC4140): whoever crashes out of a call may be shown in it for a while',
    ),
  ];
}
