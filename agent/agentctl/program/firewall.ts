import type { Command } from 'commander';
import type { Shell } from './shell.ts';

/** The rules, and the perimeter. */
export function addFirewall(program: Command, { context, perform }: Shell): void {
  const firewall = program
    .command('firewall')
    .description('show the rules that publish the ports (live as root), and decide about a perimeter');
  for (const [name, description] of [
    [
      'show',
      'show what is published, what went through in both directions, what is in its way, what was dropped',
    ],
    ['diff', 'show what differs between the rules as they should be and as they are'],
  ] as const) {
    firewall
      .command(name)
      .description(description)
      .option('--json', 'the same as JSON')
      .addHelpText(
        'after',
        '\nExit status: 0 in sync, 1 it differs, 2 not applied or blocked by the rules of others, 3 unknown or stale.',
      )
      .action((options) =>
        perform(async () => (await import('../commands/firewall.ts'))[name](context, options)),
      );
  }
  firewall
    .command('confirm')
    .description(
      'keep the perimeter that is on trial: first open a new connection, to see that you can come in (root)',
    )
    .option('--unproven', 'also if nobody was seen to come in since the trial began, e.g. at the console')
    .action((options) =>
      perform(async () => (await import('../commands/perimeter.ts')).confirm(context, options)),
    );
  for (const [name, description] of [
    ['rollback', 'end the trial of a perimeter now (root)'],
    ['try', 'put a perimeter that was rolled back on trial again (root)'],
  ] as const) {
    firewall
      .command(name)
      .description(description)
      .action(() => perform(async () => (await import('../commands/perimeter.ts')).decide(context, name)));
  }
}
