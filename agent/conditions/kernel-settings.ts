import type { HardwareReport } from '../hardware/survey.ts';
import { bad, cannotTell, good, judge } from './findings.ts';
import type { Condition } from './types.ts';

/**
 * LiveKit warns "UDP receive buffer is too small for a production set-up" when the kernel says that its socket has less
 * than 5,000,000 bytes; the kernel says twice what it was limited to (socket(7), SO_RCVBUF).
 */
const SFU_WANTS = 2_500_000;
const BUFFERS = ['net.core.rmem_max', 'net.core.wmem_max'];
const SET =
  'Set it now: `sudo systemctl restart appliance-agent-tune` (without systemd: run install.sh again)';

export const settingDrifted: Condition = {
  code: 'SETTING_DRIFTED',
  severity: 'degraded',
  title: 'A setting of the hardware profile is not in force',
  check: 'Kernel settings',
  meaning:
    'The hardware profile of this machine asks for kernel settings that media traffic needs; appliance-agent-tune.service ' +
    'sets them when the machine starts. One of them was changed since, or they were not set in this boot. Calls go on; ' +
    'under load packets may be lost. What this kernel does not have, or does not let be changed, is no problem.',
  remedy: `See which: \`agentctl status --json\`, below hardware. ${SET}`,
  dependsOn: [],
  evaluate: (facts) =>
    judge(facts.hardware, ({ settings, profile, tuned }) => {
      const drifted = settings.filter(({ state }) => state === 'drifted');
      if (drifted.length === 0) return good(`as the profile ${profile} wants them, ${countOf(settings)}`);
      const evidence = drifted.map(
        ({ name, seen, want, detail }) => `${name} is ${seen}, not ${want}: ${detail}`,
      );
      return bad(evidence.join('; '), SET, tuned ? 'degraded' : 'info');
    }),
};

export const udpBuffersSmall: Condition = {
  code: 'UDP_BUFFERS_SMALL',
  severity: 'info',
  title: 'The kernel limits the socket buffers of the SFU',
  check: 'UDP buffers',
  meaning:
    'LiveKit sends and receives all media through one socket and asks for 16 MiB of buffer on each side; the kernel gives ' +
    'no more than net.core.rmem_max and wmem_max. Below 2,500,000 bytes a burst of packets overflows it: with many ' +
    'participants the picture freezes for moments.',
  remedy: `On the machine itself: ${SET}. In a container or a guest that may not change it, on its host: \`sudo sysctl -w net.core.rmem_max=16777216 net.core.wmem_max=16777216\``,
  dependsOn: ['SETTING_DRIFTED'],
  evaluate: (facts) =>
    judge(facts.hardware, ({ settings }) => {
      const buffers = settings.filter(({ name }) => BUFFERS.includes(name));
      const readable = buffers.filter(({ seen }) => seen !== null);
      if (readable.length === 0) return cannotTell('the limits of the kernel cannot be seen here');
      const evidence = readable.map(({ name, seen }) => `${name} is ${seen}`).join(', ');
      if (readable.every(({ seen }) => Number(seen) >= SFU_WANTS)) return good(evidence);
      const onHost =
        'This system may not change it. On its host: `sudo sysctl -w net.core.rmem_max=16777216 net.core.wmem_max=16777216`';
      return bad(evidence, readable.some(({ state }) => state === 'unsupported') ? onHost : SET);
    }),
};

function countOf(settings: HardwareReport['settings']): string {
  const unsupported = settings.filter(({ state }) => state === 'unsupported').length;
  return unsupported === 0
    ? `${settings.length} in all`
    : `but for ${unsupported} of ${settings.length}, not to be had here`;
}
