import { formatBytes } from '../../conditions/bytes.ts';
import type { Problem, PublishedStatus, ServiceStatus, Status } from '../../control/status.ts';
import type { StatusReading } from '../../control/status-file.ts';
import type { Screen } from '../terminal.ts';
import { headline } from './headline.ts';
import { perimeterWords } from './perimeter.ts';
import { portText, targetText, withThousands } from './ports.ts';
import { STEP_WORDS } from './provisioning.ts';
import { COLOURS } from './severity.ts';
import { labelled, table } from './text.ts';
import { formatSince, formatTimeNear } from './times.ts';

/** The screen of `agentctl status`. `agentRuns`: whether a process holds the agent's socket, asked when stale. */
export function renderStatus(reading: StatusReading, agentRuns: boolean, screen: Screen): string {
  const { status } = reading;
  const lines = [...headline(reading, agentRuns, screen)];
  if (status !== null) {
    const sections = [
      status.problems.flatMap((problem) => problemLines(problem, status, screen)),
      provisioningLines(status, screen),
      serviceLines(status, screen),
      publishedLines(status.firewall.published, screen),
      footLines(status, screen),
    ];
    for (const section of sections) if (section.length > 0) lines.push('', ...section);
  }
  return `${lines.join('\n')}\n`;
}

function problemLines(problem: Problem, { generatedAt }: Status, { columns, paint }: Screen): string[] {
  const word = problem.severity === 'info' ? 'note' : problem.severity;
  const label = `${paint(COLOURS[problem.severity], word.toUpperCase())}  `;
  const since = `since ${formatSince(problem.since, generatedAt)}`;
  return [
    ...labelled(label, `${paint('bold', problem.title)} [${problem.code}], ${since}`, columns),
    ...labelled('  ', problem.evidence, columns),
    ...labelled('  Next: ', problem.next, columns),
  ];
}

/** The steps are of interest while the appliance is being set up, not for the rest of its life. */
function provisioningLines({ provisioning }: Status, { columns }: Screen): string[] {
  if (provisioning.state === 'done') return [];
  return table(
    [{ title: 'SETTING UP' }, { title: 'STATE' }, { title: 'DETAIL' }],
    provisioning.steps.map(({ name, state, detail }) => [name, STEP_WORDS[state], detail]),
    columns,
  );
}

function serviceLines({ services, generatedAt }: Status, { columns, paint }: Screen): string[] {
  const rows = services.map((service) => [
    service.name,
    service.state,
    probeText(service, paint),
    service.startedAt === null ? '-' : formatSince(service.startedAt, generatedAt),
    healingText(service, generatedAt),
  ]);
  const titles = ['SERVICE', 'STATE', 'PROBE', 'STARTED', 'HEALING'];
  return rows.length === 0
    ? []
    : table(
        titles.map((title) => ({ title })),
        rows,
        columns,
      );
}

function probeText({ probe }: ServiceStatus, paint: Screen['paint']): string {
  if (probe === null) return '-';
  if (!probe.ok) return `${paint('red', 'FAILS')} ${probe.kind}`;
  return `${paint('green', 'ok')} ${probe.kind}${probe.latencyMs === null ? '' : ` ${Math.round(probe.latencyMs)} ms`}`;
}

function healingText({ healing }: ServiceStatus, now: string): string {
  const { rung, attempts, nextAction, nextAt } = healing;
  const recent = attempts === 0 ? [] : [attempts === 1 ? '1 attempt' : `${attempts} attempts`];
  const at = nextAt === null ? '' : ` at ${formatTimeNear(nextAt, now)}`;
  const next = nextAction === null ? [] : [`next${at}: ${nextAction}`];
  return [...(rung === 'none' ? [] : [rung]), ...recent, ...next].join(', ') || '-';
}

function publishedLines(published: readonly PublishedStatus[], { columns }: Screen): string[] {
  if (published.length === 0) return [];
  const rows = published.map((port) => [
    portText(port),
    port.service,
    targetText(port),
    ...[port.flows, port.packets].map(withThousands),
    formatBytes(port.bytes),
  ]);
  const right = (title: string) => ({ title, align: 'right' as const });
  const left = ['PORT', 'SERVICE', 'TARGET'].map((title) => ({ title }));
  return table([...left, right('FLOWS'), right('PACKETS'), right('BYTES')], rows, columns);
}

/** The paths in the order in which clients prefer them; what fails is a problem, and stands above. */
function mediaWords({ services }: Status): string[] {
  const media = services.find((service) => service.media !== undefined)?.media;
  const paths = (media?.paths ?? []).filter(({ path, ok }) => path !== 'signalling' && ok === true);
  if (media === undefined || paths.length === 0) return [];
  const times = paths.map(({ path, roundTripMs }) => `${path} ${roundTripMs ?? '?'} ms`);
  return [`media from this machine over ${times.join(', ')}`];
}

function footLines(status: Status, { columns }: Screen): string[] {
  const { firewall, provisioning, hardware, agentVersion, generatedAt } = status;
  const facts = [
    `Firewall ${firewall.state === 'in-sync' ? 'in sync' : firewall.state.toUpperCase()}`,
    `${firewall.dockerProxyProcesses ?? 'unknown number of'} docker-proxy processes`,
    ...mediaWords(status),
    ...perimeterWords(firewall.perimeter, generatedAt),
    `provisioning ${provisioning.state}`,
    `hardware profile ${hardware.profile}`,
    `agent ${agentVersion}`,
  ];
  return labelled('', `${facts.join(', ')}.`, columns);
}
