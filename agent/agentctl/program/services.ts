import type { Command } from 'commander';
import type { Shell } from './shell.ts';

/** What is asked of the agent about services, one and all. */
export function addServices(program: Command, { context, perform }: Shell): void {
  program
    .command('hold <service>')
    .description('leave a service alone: the agent neither starts nor heals it until it is released (root)')
    .option(
      '--for <duration>',
      'release it by itself after 30m, 2h, 1d, unless the machine starts anew before',
    )
    .action((service, options) =>
      perform(async () => (await import('../commands/service.ts')).hold(context, service, options)),
    );
  for (const [name, description] of [
    ['heal', 'heal a service now, without waiting for its turn'],
    ['release', 'end a hold'],
  ] as const) {
    program
      .command(`${name} <service>`)
      .description(`${description} (root)`)
      .action((service) =>
        perform(async () => (await import('../commands/service.ts')).askForService(context, name, service)),
      );
  }
  program
    .command('provision')
    .description('show each step of bringing this machine up as it is done, and wait until all are')
    .option(
      '--from <step>',
      'go through this step and those after it again; what is in order is left as it is (root)',
    )
    .action((options) =>
      perform(async () => (await import('../commands/provision.ts')).provision(context, options)),
    );
  program
    .command('resume')
    .description('let the agent act again, when it only observes because it ended again and again (root)')
    .action(() => perform(async () => (await import('../commands/service.ts')).resume(context)));
}
