import test from 'ava';
import { known } from '../../../agent/conditions/findings.ts';
import { CONDITIONS } from '../../../agent/conditions/index.ts';
import { evaluate, severityOf, toProblems } from '../../../agent/conditions/problems.ts';
import type { Facts } from '../../../agent/conditions/types.ts';
import type { SettingStatus } from '../../../agent/hardware/settings.ts';
import { well } from './well.ts';

if (!well.hardware.known) throw new Error('the hardware of an appliance that is well is known');
const report = well.hardware.value;
const setting = (fields: Partial<SettingStatus>): SettingStatus => ({
  name: 'net.core.rmem_max',
  state: 'applied',
  want: '16777216',
  seen: '16777216',
  detail: '',
  ...fields,
});

function results(hardware: Partial<typeof report>) {
  const facts: Facts = { ...well, hardware: known({ ...report, ...hardware }) };
  return new Map(
    evaluate(CONDITIONS, facts).map((result) => [
      result.condition.code,
      { ...result.finding, severity: severityOf(result) },
    ]),
  );
}

const drifted = setting({ state: 'drifted', seen: '212992', detail: 'changed since' });

test('a setting that was changed since the tuning is degraded; one that was never set in this boot is a note', (t) => {
  const changed = results({ settings: [drifted], tuned: true }).get('SETTING_DRIFTED');
  t.like(changed, {
    severity: 'degraded',
    evidence: 'net.core.rmem_max is 212992, not 16777216: changed since',
  });
  t.is(results({ settings: [drifted], tuned: false }).get('SETTING_DRIFTED')?.severity, 'info');
});

test('what is not to be had on a machine is no problem, and is counted', (t) => {
  const settings = [setting({}), setting({ name: 'frequency governor', state: 'unsupported', seen: null })];
  t.like(results({ settings }).get('SETTING_DRIFTED'), {
    state: 'good',
    evidence: 'as the profile intel-nuc wants them, but for 1 of 2, not to be had here',
  });
});

test('socket buffers are too small when LiveKit would warn: it is told twice the limit', (t) => {
  const of = (seen: string) => results({ settings: [setting({ seen })] }).get('UDP_BUFFERS_SMALL');
  t.is(of('2500000')?.state, 'good');
  t.like(of('2499999'), { state: 'bad', severity: 'info', evidence: 'net.core.rmem_max is 2499999' });
  t.is(of('212992')?.state, 'bad');
});

test('where they cannot be changed the next step is on the host, and where they cannot be seen nothing is said', (t) => {
  const guest = setting({ state: 'unsupported', seen: '212992', detail: 'as in a container' });
  const finding = results({ settings: [guest] }).get('UDP_BUFFERS_SMALL');
  t.regex(
    finding?.state === 'bad' ? finding.next : '',
    /On its host: `sudo sysctl -w net\.core\.rmem_max=16777216/,
  );
  const unseen = setting({ state: 'unsupported', seen: null });
  t.is(results({ settings: [unseen] }).get('UDP_BUFFERS_SMALL')?.state, 'unknown');
});

test('buffers that are small because of a drifted setting are one problem, not two', (t) => {
  const facts: Facts = { ...well, hardware: known({ ...report, settings: [drifted] }) };
  const problems = toProblems(evaluate(CONDITIONS, facts), [], '2026-11-22T13:00:00.000Z');
  t.deepEqual(
    problems.map(({ code }) => code),
    ['SETTING_DRIFTED'],
  );
});

test('a profile that is refused is named with its mistake', (t) => {
  const why =
    '/etc/appliance-agent/profiles.d/a.yaml:2: governer: there is no such setting; did you mean governor?';
  t.like(results({ refused: [why] }).get('HARDWARE_PROFILE_REFUSED'), { severity: 'info', evidence: why });
});

const firmware = (state: 'ok' | 'known-bad' | 'outdated' | 'missing' | 'unknown') => ({
  name: 'BIOS',
  state,
  version: state === 'missing' || state === 'unknown' ? null : '1.2.3',
  detail: 'it hangs (where that is known from)',
  next: 'get another',
});

test('firmware that is known to be bad is degraded, with what is known of it and the next step', (t) => {
  const found = results({ firmware: [firmware('known-bad')] });
  t.like(found.get('FIRMWARE_KNOWN_BAD'), {
    severity: 'degraded',
    evidence: 'BIOS 1.2.3: it hangs (where that is known from)',
    next: 'get another',
  });
  t.is(found.get('FIRMWARE_OUTDATED')?.state, 'good');
});

test('firmware that is older than expected, or missing, is a note; what cannot be told is none', (t) => {
  t.is(results({ firmware: [firmware('outdated')] }).get('FIRMWARE_OUTDATED')?.severity, 'info');
  t.regex(
    results({ firmware: [firmware('missing')] }).get('FIRMWARE_OUTDATED')?.evidence ?? '',
    /BIOS is missing/,
  );
  t.is(results({ firmware: [firmware('unknown')] }).get('FIRMWARE_OUTDATED')?.state, 'good');
});

test('a processor is too hot from where its profile says that it is slowed down', (t) => {
  const at = (now: number | null, high: number | null) =>
    results({ temperature: { now, high, critical: null } }).get('TOO_HOT');
  t.is(at(79, 80)?.state, 'good');
  t.like(at(80, 80), { severity: 'degraded', evidence: '80 °C, of 80 °C' });
  t.is(at(99, null)?.state, 'good', 'no profile says what is too much');
  t.is(at(null, 80)?.state, 'good', 'as in a virtual machine');
});

test('near where the kernel switches the machine off the heat is critical, whoever names a limit', (t) => {
  const at = (now: number, high: number | null) =>
    results({ temperature: { now, high, critical: 110 } }).get('TOO_HOT');
  t.like(at(104, 80), {
    severity: 'degraded',
    evidence: '104 °C, of 80 °C; at 110 °C it is switched off',
  });
  t.like(at(105, 80), { severity: 'critical', evidence: '105 °C; at 110 °C it is switched off' });
  t.is(at(105, null)?.severity, 'critical');
  t.is(at(104, null)?.state, 'good');
});

test('a processor that slowed itself down again and again is too hot, whether or not it tells its temperature', (t) => {
  const of = (now: number | null, critical: number | null = null) =>
    results({ temperature: { now, high: 100, critical }, throttled: true }).get('TOO_HOT');
  t.like(of(null), {
    severity: 'degraded',
    evidence: 'it slowed itself down for heat again and again in the last minutes',
  });
  t.regex(of(80, 110)?.evidence ?? '', /, at 80 °C now; at 110 °C it is switched off$/);
  t.is(of(105, 110)?.severity, 'critical');
});

test('too little voltage is a problem with a next step; a machine that does not measure it has none', (t) => {
  const of = (underVoltage: boolean | null) => results({ underVoltage }).get('UNDER_VOLTAGE');
  t.like(of(true), { state: 'bad', severity: 'degraded' });
  t.is(of(false)?.state, 'good');
  t.is(of(null)?.state, 'none');
});
