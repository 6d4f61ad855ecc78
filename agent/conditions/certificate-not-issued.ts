import { saidInLogs } from './said-in-logs.ts';

export const certificateNotIssued = saidInLogs({
  code: 'CERTIFICATE_NOT_ISSUED',
  severity: 'degraded',
  title: 'The authority issued no certificate',
  check: 'Certificates are issued',
  seenAs: ['Unable to obtain ACME certificate'],
  meaning:
    'With `certificates.kind: acme` a public authority is asked over the internet, and asks back on 443/tcp of every name. ' +
    'It did not issue or renew one. Clients do not trust what Traefik shows them instead; a renewal is due 30 days ahead, ' +
    'so there is time.',
  remedy:
    'Every name in `domains` must lead to this machine in public DNS, and 443/tcp must be open from the internet. Without ' +
    'that: `certificates.kind: files`. See what was said: `sudo agentctl logs traefik`',
});
