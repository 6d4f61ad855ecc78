import { bad, good } from '../../conditions/findings.ts';
import type { Condition, Finding } from '../../conditions/types.ts';
import type { StatusReading } from '../../control/status-file.ts';
import { formatDuration } from '../render/times.ts';

/** What the agent cannot find out about itself. */
export const agentSilent: Omit<Condition, 'evaluate' | 'dependsOn'> = {
  code: 'AGENT_SILENT',
  severity: 'degraded',
  title: 'The agent does not report',
  check: 'Agent',
  meaning:
    'The agent is not running, or hangs: it has not written its status for more than 30 s. What serves goes on ' +
    'serving, but nothing is healed, and the firewall does not follow a container that gets a new address.',
  remedy:
    'See why: `sudo journalctl -u appliance-agent -n 50`. Then: `sudo systemctl restart appliance-agent` (without ' +
    'systemd: run install.sh again)',
};

export function findAgent({ status, stale, ageMs, detail }: StatusReading): Finding {
  if (status !== null && !stale) {
    return good(`${status.agentVersion}, reported ${formatDuration(ageMs ?? 0)} ago`);
  }
  const last = ageMs === null ? '' : `, last ${formatDuration(ageMs)} ago`;
  return bad(`no fresh status${last}: ${detail}`, agentSilent.remedy);
}
