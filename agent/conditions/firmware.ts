import type { HardwareReport } from '../hardware/survey.ts';
import { bad, good, judge } from './findings.ts';
import type { Condition } from './types.ts';

export const firmwareKnownBad: Condition = {
  code: 'FIRMWARE_KNOWN_BAD',
  severity: 'degraded',
  title: 'Firmware of this machine is known to be bad',
  check: 'Firmware',
  meaning:
    'The hardware profile lists versions of firmware that are known to fail on such machines, and where that is known ' +
    'from; one of them runs here. The agent changes no firmware.',
  remedy: 'See what is known of it: `agentctl profile match`',
  dependsOn: [],
  evaluate: (facts) => judge(facts.hardware, ({ firmware }) => judgeFirmwares(firmware, ['known-bad'])),
};

export const firmwareOutdated: Condition = {
  code: 'FIRMWARE_OUTDATED',
  severity: 'info',
  title: 'Firmware of this machine is not what its profile expects',
  check: 'Firmware',
  meaning:
    'The hardware profile names the oldest version of firmware that it expects, or a package with firmware, and why. It ' +
    'is a note: the machine may run well with what it has. The agent changes no firmware.',
  remedy: 'See what is expected and why: `agentctl profile match`',
  dependsOn: [],
  evaluate: (facts) =>
    judge(facts.hardware, ({ firmware }) => judgeFirmwares(firmware, ['outdated', 'missing'])),
};

function judgeFirmwares(firmware: HardwareReport['firmware'], states: readonly string[]) {
  const faults = firmware.filter(({ state }) => states.includes(state));
  if (faults.length === 0) return good(firmwareInWords(firmware));
  const evidence = faults.map(({ name, version, detail }) => `${name} ${version ?? 'is missing'}: ${detail}`);
  return bad(evidence.join('; '), faults.map(({ next }) => next).join('; '));
}

function firmwareInWords(firmware: HardwareReport['firmware']): string {
  const known = firmware.filter(({ version }) => version !== null);
  return (
    known.map(({ name, version }) => `${name} ${version}`).join(', ') || 'the profile expects nothing of it'
  );
}
