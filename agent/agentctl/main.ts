import { Command, CommanderError, Option } from 'commander';
import { systemClock } from '../system/clock.ts';
import { AgentError, describeError } from '../system/errors.ts';
import { appliancePaths } from '../system/paths.ts';
import type { Context } from './context.ts';
import { EXIT, exitOfError } from './exit-codes.ts';
import { processTerminal } from './terminal.ts';

const terminal = processTerminal();
const context: Context = {
  // Tests run several appliances on one machine, each below a folder of its own.
  paths: appliancePaths(process.env.APPLIANCE_AGENT_ROOT ?? ''),
  clock: systemClock(),
  terminal,
};

// A reader that has seen enough (`agentctl events | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

/** Runs a command and leaves its exit status; each is loaded only when it is called, to start fast. */
async function perform(command: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await command();
  } catch (error) {
    terminal.writeError(`agentctl: ${describeError(error)}\n`);
    if (error instanceof AgentError) terminal.writeError(`  ${error.hint}\n`);
    process.exitCode = exitOfError(error);
  }
}

const program = new Command('agentctl')
  .description('What the appliance does, what is wrong with it, and what to do next.')
  .showSuggestionAfterError(true)
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'agentctl: ')) })
  .addHelpText(
    'after',
    '\nExit status: 0 ok, 1 degraded, 2 critical, 3 unknown or stale, 64 usage, 69 something is missing, 77 needs root.',
  );

program
  .command('status')
  .description('show what serves, what is wrong and what to do next; needs neither root nor a running agent')
  .option('--json', 'the content of status.json, with its age in ageMs')
  .option('--watch', 'show it anew each second, until ^C')
  .action((options) => perform(async () => (await import('./commands/status.ts')).status(context, options)));

program
  .command('events')
  .description('tell what happened, why, what the agent did, and how that ended')
  .option('--since <when>', 'only what is newer: 30m, 2h, 1d, or a time such as 2026-11-22T13:00')
  .option('--json', 'one JSON object a line')
  .option('--follow', 'go on with what happens, until ^C')
  .action((options) => perform(async () => (await import('./commands/events.ts')).events(context, options)));

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
  .action((options) => perform(async () => (await import('./commands/doctor.ts')).doctor(context, options)));

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
  .action((options) => perform(async () => (await import('./commands/verify.ts')).verify(context, options)));

program
  .command('explain <code>')
  .description('say what the code of a problem means and what to do about it')
  .action((code) => perform(async () => (await import('./commands/explain.ts')).explain(context, code)));

program
  .command('hold <service>')
  .description('leave a service alone: the agent neither starts nor heals it until it is released (root)')
  .option('--for <duration>', 'release it by itself after 30m, 2h, 1d, unless the machine starts anew before')
  .action((service, options) =>
    perform(async () => (await import('./commands/service.ts')).hold(context, service, options)),
  );

program
  .command('logs <service>')
  .description('show the newest lines that a service wrote; agent for those of the agent itself (root)')
  .option('--lines <number>', 'how many, 100 if not said, 10000 at most')
  .option('--follow', 'go on with what comes, until ^C')
  .action((service, options) =>
    perform(async () => (await import('./commands/logs.ts')).logs(context, service, options)),
  );

for (const [name, description] of [
  ['heal', 'heal a service now, without waiting for its turn'],
  ['release', 'end a hold'],
] as const) {
  program
    .command(`${name} <service>`)
    .description(`${description} (root)`)
    .action((service) =>
      perform(async () => (await import('./commands/service.ts')).askForService(context, name, service)),
    );
}

program
  .command('resume')
  .description('let the agent act again, when it only observes because it ended again and again (root)')
  .action(() => perform(async () => (await import('./commands/service.ts')).resume(context)));

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
      perform(async () => (await import('./commands/firewall.ts'))[name](context, options)),
    );
}

firewall
  .command('confirm')
  .description(
    'keep the perimeter that is on trial: first open a new connection, to see that you can come in (root)',
  )
  .option('--unproven', 'also if nobody was seen to come in since the trial began, e.g. at the console')
  .action((options) =>
    perform(async () => (await import('./commands/perimeter.ts')).confirm(context, options)),
  );
for (const [name, description] of [
  ['rollback', 'end the trial of a perimeter now (root)'],
  ['try', 'put a perimeter that was rolled back on trial again (root)'],
] as const) {
  firewall
    .command(name)
    .description(description)
    .action(() => perform(async () => (await import('./commands/perimeter.ts')).decide(context, name)));
}

const config = program.command('config').description('check and show the configuration');
config
  .command('validate [file]')
  .description('check a configuration file, by default that of this appliance, without changing anything')
  .action((file) => perform(async () => (await import('./commands/config.ts')).validate(context, file)));
config
  .command('diff [file]')
  .description(
    'show what a configuration would change in the files of the stack, and what it would restart (root)',
  )
  .addHelpText('after', '\nExit status: 0 nothing would change, 1 something would, or the file is refused.')
  .action((file) =>
    perform(async () => (await import('./commands/config-diff.ts')).configDiff(context, file)),
  );
config
  .command('show')
  .description('show the configuration with its defaults')
  .action(() => perform(async () => (await import('./commands/config.ts')).show(context)));

const profile = program
  .command('profile')
  .description('show the hardware profiles, and which of them is for this machine');
profile
  .command('list')
  .description('list the profiles of this release and of /etc/appliance-agent/profiles.d')
  .action(() => perform(async () => (await import('./commands/profile.ts')).list(context)));
profile
  .command('show [name]')
  .description('show a profile with what it inherits, by default the one for this machine')
  .action((name) => perform(async () => (await import('./commands/profile.ts')).show(context, name)));
profile
  .command('match')
  .description('look at this machine, and say which profile is for it and why')
  .option('--json', 'the same as JSON, with what was seen of the machine')
  .action((options) => perform(async () => (await import('./commands/profile.ts')).match(context, options)));

const secrets = program.command('secrets').description('show the age of the secrets, and rotate them');
secrets
  .command('list')
  .description('list the secrets and since when each is in use; never a value (root)')
  .action(() => perform(async () => (await import('./commands/secrets.ts')).list(context)));
secrets
  .command('rotate <name>')
  .description('put a new secret in the place of turn, turn-legacy or livekit, without ending a call (root)')
  .option(
    '--overlap <duration>',
    'so long the old one stays good: by default as long as what was made with it',
  )
  .action((name, options) =>
    perform(async () => (await import('./commands/secrets.ts')).rotate(context, name, options)),
  );

const firmware = program
  .command('firmware')
  .description('show what fwupd knows of the firmware of this machine, and update it with consent');
firmware
  .command('list')
  .description('list the devices; asks no network')
  .option('--json', 'the same as JSON')
  .action((options) => perform(async () => (await import('./commands/firmware.ts')).list(context, options)));
firmware
  .command('update <device>')
  .description('write the firmware of an archive to a device; not while calls run (root)')
  .requiredOption(
    '--cab <file>',
    'an archive of its maker, e.g. downloaded from fwupd.org on another machine',
  )
  .option('--yes', 'do not ask')
  .action((device, options) =>
    perform(async () => (await import('./commands/firmware.ts')).update(context, device, options)),
  );

const mediaNode = program
  .command('media-node')
  .description('let further appliances carry media for this one (docs/element-call.md)');
mediaNode
  .command('export')
  .description('write what they must share, which is secret, to another program: never to a terminal (root)')
  .action(() => perform(async () => (await import('./commands/media-node.ts')).exportShared(context)));
mediaNode
  .command('join')
  .description('on a further appliance: read that from stdin, and keep it (root)')
  .action(() => perform(async () => (await import('./commands/media-node.ts')).joinShared(context)));

program
  .command('backup')
  .description('write what cannot be made again to a file that only the holder of a key can read (root)')
  .requiredOption('--to <file>', 'where to')
  .requiredOption('--recipient <key>', 'the public key of age that it is for: age1…, from age-keygen')
  .action((options) => perform(async () => (await import('./commands/backup.ts')).backup(context, options)));
program
  .command('restore <file>')
  .description(
    'verify a backup whole, and put it in the place of the present state, which is set aside (root)',
  )
  .requiredOption('--identity <file>', 'the private key of age, as age-keygen wrote it; - for stdin')
  .option('--yes', 'do not ask')
  .action((file, options) =>
    perform(async () => (await import('./commands/restore.ts')).restore(context, file, options)),
  );

program
  .command('support-bundle')
  .description(
    'pack what helps somebody else to see what is wrong: state, checks, logs, rules; no secrets (root)',
  )
  .option('--output <file>', 'where to, by default appliance-support-TIME.tar.gz in this folder')
  .action((options) =>
    perform(async () => (await import('./commands/support-bundle.ts')).supportBundle(context, options)),
  );

program
  .command('version')
  .description('show the version of agentctl and of the agent that runs')
  .action(() => perform(async () => (await import('./commands/version.ts')).version(context)));

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Help that was asked for is no error; help shown because a command is missing is.
  process.exitCode =
    error.code === 'commander.helpDisplayed' || error.code === 'commander.version' ? EXIT.ok : EXIT.usage;
}
