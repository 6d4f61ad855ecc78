import { Command, CommanderError } from 'commander';
import { AGENT_VERSION } from '../control/version.ts';
import { systemClock } from '../system/clock.ts';
import { appliancePaths } from '../system/paths.ts';
import type { Context } from './context.ts';
import { EXIT, exitOfError } from './exit-codes.ts';
import { addFirewall } from './program/firewall.ts';
import { addHardware } from './program/hardware.ts';
import { addKeeping } from './program/keeping.ts';
import { addLooking } from './program/looking.ts';
import { addServices } from './program/services.ts';
import { addSettings } from './program/settings.ts';
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
    terminal.writeError(`${(await import('./render/error.ts')).renderError(error, terminal)}\n`);
    process.exitCode = exitOfError(error);
  }
}

const program = new Command('agentctl')
  .description('What the appliance does, what is wrong with it, and what to do next.')
  .version(`agentctl ${AGENT_VERSION}`, '--version', 'show the version of agentctl')
  .showSuggestionAfterError(true)
  .exitOverride()
  .configureOutput({
    outputError: (text, write) => write(text.replace(/^error: (.*)/, 'agentctl: $1 [USAGE]')),
  })
  .addHelpText(
    'after',
    `
Exit status: 0 ok, 1 degraded, 2 critical, 3 unknown or stale, 64 usage,
69 something is missing, 77 needs root.`,
  );

for (const add of [addLooking, addServices, addFirewall, addSettings, addHardware, addKeeping]) {
  add(program, { context, perform });
}
tellWhereHelpIs(program, 'agentctl');

/** What is typed wrong ends with the help of its own command as the next step. */
function tellWhereHelpIs(command: Command, name: string): void {
  command.showHelpAfterError(`  Next: \`${name} --help\``);
  for (const below of command.commands) tellWhereHelpIs(below, `${name} ${below.name()}`);
}

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Help that was asked for is no error; help shown because a command is missing is.
  process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
}
