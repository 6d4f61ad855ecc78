/**
 * Sets what the profile of this machine asks of the kernel, once a boot: appliance-agent-tune.service. What cannot be
 * set is said and recorded; it is no failure, for the stack serves without it.
 */

import { systemClock } from '../system/clock.ts';
import { describeError } from '../system/errors.ts';
import { appliancePaths } from '../system/paths.ts';
import { releaseFolder } from '../system/release-folder.ts';
import { applySetting } from './apply.ts';
import { keepRings } from './rings.ts';
import { settingsFor } from './settings.ts';
import { profileMachine } from './survey.ts';
import { readTuneRecord, type TuneRecord, writeTuneRecord } from './tune-record.ts';

const paths = appliancePaths(process.env.APPLIANCE_AGENT_ROOT ?? '');
const folders = { shipped: releaseFolder('firmware-profiles'), overrides: paths.profileOverrides };
// Below APPLIANCE_AGENT_ROOT also what is set: a test must not change the kernel of the machine that it runs on.
const { machine, profile, refused } = await profileMachine(folders, paths.root);
for (const why of refused) process.stdout.write(`refused: ${why}\n`);
process.stdout.write(`profile ${profile?.name ?? 'none'}\n`);

const settings: TuneRecord['settings'][number][] = [];
for (const setting of settingsFor(profile?.settings ?? {}, machine)) {
  const why = await applySetting(setting, paths.root);
  process.stdout.write(`${setting.name} = ${setting.want}: ${why ?? 'applied'}\n`);
  settings.push({ name: setting.name, want: setting.want, refused: why });
}
const { bootId } = systemClock().now();
const before = await readTuneRecord(paths.tuneRecord, bootId);
await writeTuneRecord(paths.tuneRecord, {
  bootId,
  ringsSince: (await tellRings()) || before?.ringsSince === true,
  profile: profile?.name ?? 'none',
  settings,
});

/** Resolves to whether it is news; what cannot be written is said. */
async function tellRings(): Promise<boolean> {
  try {
    const isNews = await keepRings(profile?.settings.rings, paths.root);
    if (isNews) process.stdout.write('rings of network interfaces: from the next boot on\n');
    return isNews;
  } catch (error) {
    process.stdout.write(`rings of network interfaces: ${describeError(error)}\n`);
    return false;
  }
}
