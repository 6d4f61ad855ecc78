import type { Command } from 'commander';
import type { Shell } from './shell.ts';

/** The hardware profile and the firmware. */
export function addHardware(program: Command, { context, perform }: Shell): void {
  const profile = program
    .command('profile')
    .description('show the hardware profiles, and which of them is for this machine');
  profile
    .command('list')
    .description('list the profiles of this release and of /etc/appliance-agent/profiles.d')
    .action(() => perform(async () => (await import('../commands/profile.ts')).list(context)));
  profile
    .command('show [name]')
    .description('show a profile with what it inherits, by default the one for this machine')
    .action((name) => perform(async () => (await import('../commands/profile.ts')).show(context, name)));
  profile
    .command('match')
    .description('look at this machine, and say which profile is for it and why')
    .option('--json', 'the same as JSON, with what was seen of the machine')
    .action((options) =>
      perform(async () => (await import('../commands/profile.ts')).match(context, options)),
    );
  const firmware = program
    .command('firmware')
    .description('show what fwupd knows of the firmware of this machine, and update it with consent');
  firmware
    .command('list')
    .description('list the devices; asks no network')
    .option('--json', 'the same as JSON')
    .action((options) =>
      perform(async () => (await import('../commands/firmware.ts')).list(context, options)),
    );
  firmware
    .command('update <device>')
    .description('write the firmware of an archive to a device; not while calls run (root)')
    .requiredOption(
      '--cab <file>',
      'an archive of its maker, e.g. downloaded from fwupd.org on another machine',
    )
    .option('--yes', 'do not ask')
    .action((device, options) =>
      perform(async () => (await import('../commands/firmware.ts')).update(context, device, options)),
    );
}
