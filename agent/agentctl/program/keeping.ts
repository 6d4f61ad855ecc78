import type { Command } from 'commander';
import type { Shell } from './shell.ts';

/** The secrets, and what must not be lost. */
export function addKeeping(program: Command, { context, perform }: Shell): void {
  const secrets = program.command('secrets').description('show the age of the secrets, and rotate them');
  secrets
    .command('list')
    .description('list the secrets and since when each is in use; never a value (root)')
    .action(() => perform(async () => (await import('../commands/secrets.ts')).list(context)));
  secrets
    .command('rotate <name>')
    .description(
      'put a new secret in the place of turn, turn-legacy or livekit, without ending a call (root)',
    )
    .option(
      '--overlap <duration>',
      'so long the old one stays good: by default as long as what was made with it',
    )
    .action((name, options) =>
      perform(async () => (await import('../commands/secrets.ts')).rotate(context, name, options)),
    );
  const mediaNode = program
    .command('media-node')
    .description('let further appliances carry media for this one (docs/element-call.md)');
  mediaNode
    .command('export')
    .description(
      'write what they must share, which is secret, to another program: never to a terminal (root)',
    )
    .action(() => perform(async () => (await import('../commands/media-node.ts')).exportShared(context)));
  mediaNode
    .command('join')
    .description('on a further appliance: read that from stdin, and keep it (root)')
    .action(() => perform(async () => (await import('../commands/media-node.ts')).joinShared(context)));
  program
    .command('backup')
    .description('write what cannot be made again to a file that only the holder of a key can read (root)')
    .requiredOption('--to <file>', 'where to')
    .requiredOption('--recipient <key>', 'the public key of age that it is for: age1…, from age-keygen')
    .action((options) =>
      perform(async () => (await import('../commands/backup.ts')).backup(context, options)),
    );
  program
    .command('restore <file>')
    .description(
      'verify a backup whole, and put it in the place of the present state, which is set aside (root)',
    )
    .requiredOption('--identity <file>', 'the private key of age, as age-keygen wrote it; - for stdin')
    .option('--yes', 'do not ask')
    .action((file, options) =>
      perform(async () => (await import('../commands/restore.ts')).restore(context, file, options)),
    );
}
