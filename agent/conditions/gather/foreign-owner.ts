import type { ForeignRule } from '../types.ts';

/** Whose rule it is, by the names that each program gives to its tables and chains. */
export function ownerOf(place: {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
}): ForeignRule['owner'] {
  const { family, table, chain } = place;
  if (table === 'firewalld') return 'firewalld';
  if (/^ufw6?-/.test(chain)) return 'ufw';
  // The table of 29's nftables back end, and the chains of its iptables.
  if (table === 'docker-bridges' || /^DOCKER(-|$)/.test(chain)) return 'docker';
  // The one table of Debian's /etc/nftables.conf.
  return family === 'inet' && table === 'filter' ? 'nftables.service' : 'site';
}
