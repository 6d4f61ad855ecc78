import { saidInLogs } from './said-in-logs.ts';

export const tokenCheckFails = saidInLogs(
  {
    code: 'TOKEN_CHECK_FAILS',
    severity: 'degraded',
    title: 'lk-jwt-service cannot ask the homeserver whose a token is',
    check: 'Tokens can be checked',
    seenAs: ['Failed to look up user info', 'M_UNAUTHORIZED'],
    meaning:
      'Whoever wants to join a call shows a token of the homeserver, and lk-jwt-service asks the homeserver about it, over ' +
      'HTTPS and through Traefik. It could not: a certificate that it does not trust (x509), a name that leads elsewhere, or ' +
      'a homeserver that does not answer. Everybody is refused with a 401, as if the tokens were bad. Questions about ' +
      'homeservers of others fail by design and are not counted here.',
    remedy:
      'Prove the link: `sudo agentctl verify` ("token check", "certificates"). With a certificate of your own authority: ' +
      '`certificates.kind: private-ca`, with its `ca`. See what was said: `sudo agentctl logs lk-jwt`',
  },
  ['SERVICE_DOWN'],
);
