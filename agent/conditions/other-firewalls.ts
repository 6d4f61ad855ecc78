import { bad, good, judge } from './findings.ts';
import type { Condition, Facts } from './types.ts';

type OtherFirewalls = Extract<Facts['otherFirewalls'], { known: true }>['value'];

/** Other programs that write firewall rules: nothing is wrong yet, but each has a way to break published ports. */
export const OTHER_FIREWALLS: readonly Condition[] = [
  present('flushing', {
    code: 'FLUSHING_SERVICE',
    title: 'A service of this machine flushes all firewall rules',
    check: 'Flushing service',
    meaning:
      'When nftables.service is started, reloaded or stopped, it removes the rules of everybody. The agent puts its own ' +
      "back within seconds, but only a restart of Docker brings back Docker's: until then containers reach nothing outside. " +
      'At boot it runs before Docker and does no harm.',
    remedy:
      'If nobody needs it: `sudo systemctl disable nftables` (not `--now`, for stopping it flushes too). Else replace ' +
      '`flush ruleset` in /etc/nftables.conf by `add table inet filter` and `flush table inet filter`.',
  }),
  present('ufw', {
    code: 'UFW_ACTIVE',
    title: 'ufw guards this machine too',
    check: 'ufw',
    meaning:
      'By default ufw drops what comes in and what is forwarded. Forwarded media pass, by our rule in DOCKER-USER, which ' +
      'comes first; 3478 and the relay range on this host pass only if ufw allows them. FOREIGN_DROP says when one does not.',
    remedy:
      'Allow the relay: `sudo ufw allow 3478`, `sudo ufw allow 49152:49663/udp`. Do not use ufw-docker for the stack: it ' +
      'expects ports that Docker publishes.',
  }),
  present('firewalld', {
    code: 'FIREWALLD_ACTIVE',
    title: 'firewalld guards this machine too',
    check: 'firewalld',
    meaning:
      'firewalld rejects what its zones do not allow, on this host and forwarded, and a reload makes Docker write its ' +
      'rules anew. FOREIGN_DROP says when a port of the stack is not let through.',
    remedy:
      'Allow the relay, and put the bridge into a zone that accepts: `sudo firewall-cmd --permanent --add-port=3478/udp ' +
      '--add-port=3478/tcp --add-port=49152-49663/udp`, `sudo firewall-cmd --permanent --zone=trusted ' +
      '--add-interface=br-appliance`, `sudo firewall-cmd --reload`.',
  }),
];

function present(
  which: keyof OtherFirewalls,
  about: Pick<Condition, 'code' | 'title' | 'check' | 'meaning' | 'remedy'>,
): Condition {
  return {
    ...about,
    severity: 'info',
    dependsOn: [],
    evaluate: (facts) =>
      judge(facts.otherFirewalls, (found) => {
        const evidence = found[which];
        return evidence === null ? good('none') : bad(evidence, about.remedy);
      }),
  };
}
