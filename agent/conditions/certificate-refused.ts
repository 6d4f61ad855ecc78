import { bad, good, judge } from './findings.ts';
import type { Condition } from './types.ts';

const NEXT =
  'Put the right file in the place that is named: `agentctl config show` lists them. It is taken up by itself. To look ' +
  'at one: `openssl x509 -noout -text -in FILE`';

export const CERTIFICATE_REFUSED = 'CERTIFICATE_REFUSED';

export const certificateRefused: Condition = {
  code: CERTIFICATE_REFUSED,
  severity: 'degraded',
  title: 'The certificate cannot be used',
  check: 'Certificate',
  meaning:
    'The file with the certificate, or that with its key, cannot be read, they do not belong together, a name is not ' +
    'covered, or it is out of date. The stack goes on with the certificate that it has, and is healed, but no change ' +
    'of the configuration takes effect until this is put right. Once the old certificate ends, clients refuse it.',
  remedy: NEXT,
  dependsOn: ['CONFIG_REFUSED'],
  evaluate: ({ refusal }) =>
    judge(refusal, (refused) =>
      refused?.code === CERTIFICATE_REFUSED ? bad(refused.message, NEXT) : good('nothing wrong with it'),
    ),
};
