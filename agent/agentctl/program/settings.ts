import type { Command } from 'commander';
import type { Shell } from './shell.ts';

/** The configuration. */
export function addSettings(program: Command, { context, perform }: Shell): void {
  const config = program.command('config').description('check and show the configuration');
  config
    .command('validate [file]')
    .description('check a configuration file, by default that of this appliance, without changing anything')
    .action((file) => perform(async () => (await import('../commands/config.ts')).validate(context, file)));
  config
    .command('diff [file]')
    .description(
      'show what a configuration would change in the files of the stack, and what it would restart (root)',
    )
    .addHelpText('after', '\nExit status: 0 nothing would change, 1 something would, or the file is refused.')
    .action((file) =>
      perform(async () => (await import('../commands/config-diff.ts')).configDiff(context, file)),
    );
  config
    .command('show')
    .description('show the configuration with its defaults')
    .action(() => perform(async () => (await import('../commands/config.ts')).show(context)));
}
