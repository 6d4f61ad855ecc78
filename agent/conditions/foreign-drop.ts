import { bad, cannotTell, good, judge } from './findings.ts';
import type { Condition, ForeignRule } from './types.ts';

const SHOWN = 3;
const NEXT: Readonly<Record<ForeignRule['owner'], string>> = {
  ufw:
    'Let ufw pass them: `sudo ufw allow 3478`, `sudo ufw allow 49152:49663/udp` for the relay (its default range), and for what is ' +
    'forwarded `sudo ufw route allow proto udp to any port 7882`, `sudo ufw route allow proto tcp to any port 7881`.',
  firewalld:
    'Let firewalld pass them, each with `sudo firewall-cmd --permanent --add-port=PORT/PROTOCOL`, then ' +
    '`sudo firewall-cmd --reload`. What is forwarded also needs the bridge in a zone that accepts: ' +
    '`sudo firewall-cmd --permanent --zone=trusted --add-interface=br-appliance`.',
  docker:
    'Docker 29 with its nftables back end lets a mark through: set `"bridge-accept-fwmark": "0x200000/0x200000"` in ' +
    '/etc/docker/daemon.json, then `sudo systemctl restart docker`; `sudo ./install.sh --demo --allow-daemon-json` does it.',
  'nftables.service':
    'This is the table of /etc/nftables.conf: add rules there that accept these ports (on the input hook) and the mark ' +
    '0x200000 (on the forward hook), then load that table alone. `systemctl reload nftables` flushes everything else.',
  site:
    'Another table cannot override a drop: whoever owns this one must accept these ports in it (on the input hook), ' +
    'or the mark 0x200000 (on the forward hook, `meta mark and 0x200000 != 0 accept`).',
};

export const foreignDrop: Condition = {
  code: 'FOREIGN_DROP',
  severity: 'critical',
  title: "Another program's firewall rule drops our traffic",
  check: 'Rules of others',
  meaning:
    'A packet must get through every table on the machine: what our table accepts, another may still drop. A rule or a ' +
    'policy that is not ours drops every packet from outside to a port of the stack. Clients cannot connect, or only ' +
    'by another way. The agent never changes rules of others.',
  remedy:
    'Change the rule that is named, or the program that writes it: ' +
    '/opt/appliance-agent/current/docs/coexistence.md says how for each.',
  dependsOn: [],
  evaluate: (facts) =>
    judge(facts.foreignRules, ({ drops, mayDrop, unread }) => {
      const rest = [
        ...(mayDrop.length === 0 ? [] : [`may drop some packets: ${list(mayDrop)}`]),
        ...(unread.length === 0 ? [] : [`could not be read: ${unread.join('; ')}`]),
      ];
      if (drops.length > 0) {
        const owners = [...new Set(drops.map(({ owner }) => owner))];
        return bad([list(drops), ...rest].join('; '), owners.map((owner) => NEXT[owner]).join(' '));
      }
      if (unread.length > 0) return cannotTell(rest.join('; '));
      return good(['none drops our traffic', ...rest].join('; '));
    }),
};

function list(rules: readonly ForeignRule[]): string {
  const shown = rules
    .slice(0, SHOWN)
    .map(({ place, rule, flows }) => `${place}: \`${rule}\` (${flows.join(', ')})`);
  return [...shown, ...(rules.length > SHOWN ? [`and ${rules.length - SHOWN} more`] : [])].join('; ');
}
