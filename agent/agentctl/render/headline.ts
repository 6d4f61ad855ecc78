import { notYetServing } from '../../control/not-yet-serving.ts';
import type { Status } from '../../control/status.ts';
import type { StatusReading } from '../../control/status-file.ts';
import type { Screen } from '../terminal.ts';
import { COLOURS } from './severity.ts';
import { labelled } from './text.ts';
import { formatDuration, formatSince, formatTime } from './times.ts';

/** What the appliance is in one word, and how far that can be trusted. */
export function headline(reading: StatusReading, agentRuns: boolean, { columns, paint }: Screen): string[] {
  const label = (word: keyof typeof COLOURS) => `${paint(['bold', COLOURS[word]], word.toUpperCase())}  `;
  const next = (text: string) => labelled('  Next: ', text, columns);
  const { status, ageMs } = reading;
  if (status !== null && !reading.stale) {
    const reported = `Reported ${formatDuration(ageMs ?? 0)} ago.`;
    return labelled(label(status.overall), `${inWords(status)} ${reported}`, columns);
  }
  const agent = agentRuns ? 'The agent runs but does not report' : 'The agent is not running';
  const remedy = agentRuns
    ? 'It may hang: `sudo journalctl -u appliance-agent -n 50`, then `sudo systemctl restart appliance-agent`'
    : '`systemctl status appliance-agent`, then `sudo systemctl start appliance-agent` (without systemd: run install.sh again)';
  if (status !== null) {
    const when =
      ageMs === null
        ? `on ${formatTime(status.generatedAt)}, before the machine started anew`
        : `${formatDuration(ageMs)} ago`;
    return [
      ...labelled(label('unknown'), `${agent}: this is what it saw ${when}.`, columns),
      ...next(remedy),
    ];
  }
  if (reading.reason === 'absent') {
    const text = `${agent}, and has reported nothing since the machine started: ${reading.detail}.`;
    const install = 'If it was never installed: `sudo ./install.sh --demo`';
    return [...labelled(label('unknown'), text, columns), ...next(`${remedy}. ${install}`)];
  }
  const restart = 'The agent writes it anew when it starts: `sudo systemctl restart appliance-agent`';
  return [
    ...labelled(label('unknown'), `The status cannot be read: ${reading.detail}.`, columns),
    ...next(restart),
  ];
}

function inWords({ problems, provisioning, services, generatedAt }: Status): string {
  const serious = problems.filter(({ severity }) => severity !== 'info');
  const earliest = serious.map(({ since }) => since).sort((a, b) => Date.parse(a) - Date.parse(b))[0];
  if (earliest !== undefined) {
    const count = serious.length === 1 ? '1 problem' : `${serious.length} problems`;
    return `${count}, since ${formatSince(earliest, generatedAt)}.`;
  }
  if (provisioning.state === 'running') return 'The appliance is being set up.';
  if (provisioning.state === 'failed') return 'The appliance could not be set up.';
  const notYet = notYetServing(services);
  if (notYet !== null) return `${notYet[0]?.toUpperCase()}${notYet.slice(1)}.`;
  return 'All services are serving.';
}
