import { formatBytes } from './bytes.ts';
import { bad, good, judge } from './findings.ts';
import type { Condition } from './types.ts';

const NEXT =
  "Find the container that publishes them: `sudo docker ps --format '{{.Names}} {{.Ports}}'`. Start it again without " +
  '-p and without `ports:` in its compose file.';

export const dockerProxyRunning: Condition = {
  code: 'DOCKER_PROXY_RUNNING',
  severity: 'degraded',
  title: 'docker-proxy processes are running',
  check: 'docker-proxy processes',
  meaning:
    'Something publishes ports through Docker, which starts processes for each one (two where IPv6 is on). They take ' +
    'memory, slow down the start of the container, and hide the address of a client that comes over IPv6: Traefik then ' +
    'takes a member of the VPN for a bridge’s address and says 403. The stack itself publishes none: the agent does that ' +
    'with nftables.',
  remedy: NEXT,
  dependsOn: [],
  evaluate: (facts) =>
    judge(facts.dockerProxies, ({ count, pssBytes, rssBytes, ports }) => {
      if (count === 0) return good('none');
      const pss = pssBytes === null ? 'PSS needs root' : `PSS ${formatBytes(pssBytes)}`;
      const processes = count === 1 ? '1 process' : `${count} processes`;
      const where = ports.length === 0 ? 'ports unknown' : `for ${summary(ports)}`;
      return bad(`${processes} ${where} (${pss}, RSS ${formatBytes(rssBytes)})`, NEXT);
    }),
};

/** One publishes hundreds of ports easily: enough are named to find the container. */
function summary(ports: readonly string[]): string {
  const shown = ports.slice(0, 5).join(', ');
  return ports.length > 5 ? `${shown} and ${ports.length - 5} more` : shown;
}
