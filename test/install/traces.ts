import type { FreshMachine } from './fresh-machine.ts';

/** What an installation could leave behind: one sorted list of lines a kind. */
export type Traces = Readonly<Record<string, readonly string[]>>;

/** Prints what is there, in an order that does not depend on chance. Kinds without their tool print nothing. */
const KINDS = {
  rules: 'nft list ruleset 2>/dev/null | grep -E "^table" || true',
  marks: 'iptables -S 2>/dev/null | grep -i appliance || true',
  containers: '/usr/bin/docker ps --all --format "{{.Names}}" 2>/dev/null || true',
  images: '/usr/bin/docker images --all --format "{{.Repository}}:{{.Tag}}" 2>/dev/null || true',
  networks: '/usr/bin/docker network ls --format "{{.Name}}" 2>/dev/null || true',
  interfaces: 'ls /sys/class/net',
  // Not this look itself, nor what D-Bus starts for a moment when timedatectl asks it.
  processes: 'cat /proc/[0-9]*/comm 2>/dev/null | sort -u | grep -vxE "sh|cat|sort|grep|systemd-timedat"',
  units: 'ls /etc/systemd/system /etc/systemd/system/multi-user.target.wants 2>/dev/null || true',
  // Not what Debian's packages bring, which stay, nor what runs and logs on any machine.
  files:
    'find / -xdev \\( -path /proc -o -path /sys -o -path /dev -o -path /usr/share/doc -o -path /var/lib/dpkg ' +
    '-o -path /var/lib/docker -o -path /var/lib/containerd -o -path /var/log/journal -o -path /root/appliance-agent \\) -prune ' +
    '-o \\( -iname "*appliance*" -o -path "/root/*" -o -path "/opt/*" -o -path "/usr/local/*" -o -path "/usr/sbin/policy-rc.d" ' +
    '-o -path "/tmp/*" -o -path "/etc/apt/*" -o -path "/run/lock/*" \\) -print',
} as const;

export async function traces(machine: FreshMachine): Promise<Traces> {
  const entries: [string, string[]][] = [];
  for (const [kind, script] of Object.entries(KINDS)) {
    const { stdout } = await machine.sh(script, 60_000);
    entries.push([
      kind,
      stdout
        .split('\n')
        .filter((line) => line !== '')
        .sort(),
    ]);
  }
  return Object.fromEntries(entries);
}

/** Lines of `after` that `before` does not have, as `kind: line`. */
export function leftBehind(before: Traces, after: Traces): string[] {
  return Object.entries(after).flatMap(([kind, lines]) =>
    lines.filter((line) => !before[kind]?.includes(line)).map((line) => `${kind}: ${line}`),
  );
}
