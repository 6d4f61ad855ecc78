import { type Command, Option } from 'commander';
import type { Shell } from './shell.ts';

/** What shows how the appliance is. */
export function addLooking(program: Command, { context, perform }: Shell): void {
  program
    .command('status')
    .description(
      'show what serves, what is wrong and what to do next; needs neither root nor a running agent',
    )
    .option('--json', 'the content of status.json, with its age in ageMs')
    .option('--watch', 'show it anew each second, until ^C')
    .action((options) =>
      perform(async () => (await import('../commands/status.ts')).status(context, options)),
    );
  program
    .command('events')
    .description('tell what happened, why, what the agent did, and how that ended')
    .option('--since <when>', 'only what is newer: 30m, 2h, 1d, or a time such as 2026-11-22T13:00')
    .option('--json', 'one JSON object a line')
    .option('--follow', 'go on with what happens, until ^C')
    .action((options) =>
      perform(async () => (await import('../commands/events.ts')).events(context, options)),
    );
  program
    .command('doctor')
    .description('check this machine now, without the agent; with sudo it can check everything')
    .option('--json', 'the checks as JSON')
    .addHelpText(
      'after',
      `
  Each check ends as ok, NOTE, FAIL (with the next step) or SKIP (with the reason why it cannot be told).
  Exit status: 2 when something critical fails, else 1 when something fails, else 3 when an essential check was
  skipped (run it with sudo), else 0. Essential are the agent, the engine, Compose, the services, the firewall
  table, the forward path, the disk and the configuration.`,
    )
    .action((options) =>
      perform(async () => (await import('../commands/doctor.ts')).doctor(context, options)),
    );
  program
    .command('verify')
    .description(
      'prove the chain of trust of the running stack, each link by what must work and what must not (root)',
    )
    .option(
      '--offline',
      'prove instead, by its files alone, that this machine comes up at a cold boot without a network',
    )
    .addOption(
      new Option('--root <dir>', 'with --offline: the image below this folder').implies({ offline: true }),
    )
    .option('--json', 'the checks as JSON')
    .addHelpText(
      'after',
      '\nExit status: 0 proved, 2 something is not as it must be, 3 not all could be looked at.',
    )
    .action((options) =>
      perform(async () => (await import('../commands/verify.ts')).verify(context, options)),
    );
  program
    .command('explain <code>')
    .description('say what the code of a problem means and what to do about it')
    .action((code) => perform(async () => (await import('../commands/explain.ts')).explain(context, code)));
  program
    .command('logs <service>')
    .description('show the newest lines that a service wrote; agent for those of the agent itself (root)')
    .option('--lines <number>', 'how many, 100 if not said, 10000 at most')
    .option('--follow', 'go on with what comes, until ^C')
    .action((service, options) =>
      perform(async () => (await import('../commands/logs.ts')).logs(context, service, options)),
    );
  program
    .command('support-bundle')
    .description(
      'pack what helps somebody else to see what is wrong: state, checks, logs, rules; no secrets (root)',
    )
    .option('--output <file>', 'where to, by default appliance-support-TIME.tar.gz in this folder')
    .action((options) =>
      perform(async () => (await import('../commands/support-bundle.ts')).supportBundle(context, options)),
    );
  program
    .command('version')
    .description('show the version of agentctl and of the agent that runs')
    .action(() => perform(async () => (await import('../commands/version.ts')).version(context)));
}
