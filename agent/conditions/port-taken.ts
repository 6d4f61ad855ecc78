import { bad, good, judge } from './findings.ts';
import type { Condition, PortHolder } from './types.ts';

/** Programs take ports of the relay range for a moment all the time: only many of them are in the relay's way. */
const RELAY_PORTS_TOLERATED = 20;
const WHO = '`sudo ss -lntup`';
const NEXT = `See what it is: ${WHO}. Give it another port, or stop it and keep it from starting again.`;
const PROXY =
  "Find the container: `sudo docker ps --format '{{.Names}} {{.Ports}}'`, and start it without that port.";
const RANGE =
  'Keep other programs out of the range: `sudo sysctl net.ipv4.ip_local_reserved_ports=49152-49663`.';

export const portTaken: Condition = {
  code: 'PORT_TAKEN',
  severity: 'degraded',
  title: 'Another program waits on a port of the stack',
  check: 'Ports of the stack',
  meaning:
    'On a port that the agent publishes, the other program gets nothing from outside: the translation comes first, and ' +
    'the program does not notice. On a port of the relay (3478) the relay cannot listen; then it is critical.',
  remedy: NEXT,
  dependsOn: [],
  evaluate: (facts) =>
    judge(facts.portHolders, (holders) => {
      const ports = holders.filter(({ kind }) => kind !== 'relay');
      const relay = holders.filter(({ kind }) => kind === 'relay');
      const inRange =
        relay.length === 0 ? [] : [`${relay.length} of the relay range by others: ${list(relay)}`];
      const crowded = relay.length > RELAY_PORTS_TOLERATED;
      if (ports.length === 0 && !crowded)
        return good(['free, or held by the stack itself', ...inRange].join('; '));
      const next = [
        ...(ports.some(isProxy) ? [PROXY] : []),
        ...(ports.some((holder) => !isProxy(holder)) ? [NEXT] : []),
        ...(crowded ? [RANGE] : []),
      ].join(' ');
      const critical = ports.some(({ kind }) => kind === 'open');
      return bad(
        [...(ports.length === 0 ? [] : [list(ports)]), ...inRange].join('; '),
        next,
        critical ? 'critical' : 'degraded',
      );
    }),
};

const isProxy = ({ program }: PortHolder) => program.startsWith('docker-proxy ');

function list(holders: readonly PortHolder[]): string {
  const shown = holders.slice(0, 5).map(({ port, program }) => `${port} by ${program}`);
  return [...shown, ...(holders.length > 5 ? [`and ${holders.length - 5} more`] : [])].join(', ');
}
