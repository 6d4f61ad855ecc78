import { formatBytes } from '../../conditions/bytes.ts';
import type { FirewallStatus, PublishedStatus } from '../../control/status.ts';
import type { FirewallReading } from '../firewall-reading.ts';
import type { Screen } from '../terminal.ts';
import { perimeterLines } from './perimeter.ts';
import { addressText, formatCount, portText, withThousands } from './ports.ts';
import { labelled, table } from './text.ts';

const STATES: Readonly<
  Record<FirewallStatus['state'], { readonly words: string; readonly colour: 'green' | 'yellow' | 'red' }>
> = {
  'in-sync': { words: 'in sync', colour: 'green' },
  drifted: { words: 'NOT AS IT SHOULD BE', colour: 'yellow' },
  failed: { words: 'NOT APPLIED', colour: 'red' },
};

/** The screen of `agentctl firewall show`. */
export function renderFirewall(reading: FirewallReading, screen: Screen): string {
  const { firewall } = reading;
  if (firewall === null) return text([headline(reading, screen)]);
  return text([
    headline(reading, screen),
    differenceLines(firewall, screen),
    portLines(firewall.published, screen),
    pathLines(firewall, screen),
    droppedLines(firewall, screen),
    perimeterLines(firewall.perimeter, reading.now, screen),
  ]);
}

/** The screen of `agentctl firewall diff`. */
export function renderDifferences(reading: FirewallReading, screen: Screen): string {
  const { firewall } = reading;
  if (firewall === null) return text([headline(reading, screen)]);
  const none = ['No difference: every rule, set, map and chain is as the agent wants it.'];
  return text([
    headline(reading, screen),
    firewall.differences.length === 0 ? none : differenceLines(firewall, screen),
  ]);
}

function headline({ firewall, stale, source }: FirewallReading, { columns, paint }: Screen): string[] {
  if (firewall === null || stale)
    return labelled(`${paint(['bold', 'magenta'], 'UNKNOWN')}  `, `${source}.`, columns);
  const { words, colour } = STATES[firewall.state];
  return labelled('', `Table inet appliance: ${paint(['bold', colour], words)}. ${source}.`, columns);
}

function differenceLines({ differences, state }: FirewallStatus, { columns }: Screen): string[] {
  if (differences.length === 0) return [];
  const next =
    state === 'failed'
      ? 'See what nft says: `agentctl events --since 1h`'
      : 'The agent puts it right within seconds. If it comes back, find who changes it: `agentctl events --since 1h`';
  return [
    ...differences.flatMap((difference) => labelled('  - ', difference, columns)),
    ...labelled('  Next: ', next, columns),
  ];
}

/**
 * Fits in 80 columns. `in` is from clients to the service: who sends but hears nothing shows as an `out` that stands
 * still.
 */
function portLines(published: readonly PublishedStatus[], { columns }: Screen): string[] {
  if (published.length === 0) return ['No port is published.'];
  const left = ['PORT', 'SERVICE', 'TARGET'].map((title) => ({ title }));
  const right = ['FLOWS', 'IN', 'BYTES', 'OUT', 'BYTES'].map((title) => ({ title, align: 'right' as const }));
  const rows = published.map((port) => [
    portText(port),
    port.service,
    addressText(port),
    formatCount(port.flows),
    formatCount(port.in.packets),
    formatBytes(port.in.bytes),
    formatCount(port.out.packets),
    formatBytes(port.out.bytes),
  ]);
  return [
    ...table([...left, ...right], rows, columns),
    ...labelled(
      '',
      'In: packets from clients to the service; out: from it to them. Counted since the table was made.',
      columns,
    ),
  ];
}

function pathLines(
  { forwardPath, dockerProxyProcesses }: FirewallStatus,
  { columns, paint }: Screen,
): string[] {
  const { open, detail } = forwardPath;
  const word = open === null ? 'not known' : open ? paint('green', 'open') : paint('red', 'BLOCKED');
  return [
    ...labelled('Through the rules of others: ', `${word} (${detail})`, columns),
    ...labelled('docker-proxy processes: ', String(dockerProxyProcesses ?? 'not known'), columns),
  ];
}

function droppedLines({ dropped }: FirewallStatus, { columns }: Screen): string[] {
  const some = dropped.filter(({ packets }) => packets > 0);
  if (some.length === 0) return ['Dropped by our rules: nothing'];
  return some.flatMap(({ what, packets, bytes }) =>
    labelled(
      'Dropped by our rules: ',
      `${withThousands(packets)} packets (${formatBytes(bytes)}) ${what}`,
      columns,
    ),
  );
}

const text = (sections: readonly (readonly string[])[]) =>
  `${sections
    .filter((section) => section.length > 0)
    .map((section) => section.join('\n'))
    .join('\n\n')}\n`;
