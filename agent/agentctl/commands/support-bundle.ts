import { formatBytes } from '../../conditions/bytes.ts';
import { CONDITIONS } from '../../conditions/index.ts';
import { evaluate } from '../../conditions/problems.ts';
import { AGENT_VERSION } from '../../control/version.ts';
import { createEngine } from '../../engine/engine.ts';
import { containerLogs } from '../../engine/logs.ts';
import { profileMachine } from '../../hardware/survey.ts';
import { writeFileAtomic } from '../../system/files.ts';
import { run } from '../../system/processes.ts';
import { releaseFolder } from '../../system/release-folder.ts';
import { readAgent } from '../agent-process.ts';
import { requireRoot } from '../as-root.ts';
import type { Context } from '../context.ts';
import { agentSilent, findAgent } from '../doctor/agent-check.ts';
import { toChecks } from '../doctor/checks.ts';
import { gatherFacts } from '../doctor/gather.ts';
import { EXIT } from '../exit-codes.ts';
import { outputFile } from '../output-file.ts';
import { createRedactor, readSecretValues } from '../redact.ts';
import { labelled } from '../render/text.ts';
import { type Manifest, packBundle } from '../support/bundle.ts';
import { supportSources } from '../support/sources.ts';

const LOG_LIMIT_MS = 20_000;
const ENGINE_LIMIT_MS = 5_000;

/** Writes a bundle for whoever is asked for help, readable for root alone; says what is in it, and sends it nowhere. */
export async function supportBundle(context: Context, options: { output?: string }): Promise<number> {
  const { paths, clock, terminal } = context;
  requireRoot('Logs and rules are for root to read');
  const createdAt = clock.now().wall;
  const folder = `appliance-support-${createdAt.slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')}`;
  const output = outputFile(options.output ?? `${folder}.tar.gz`);
  const sources = await supportSources({
    paths,
    run,
    engine: createEngine({ socket: paths.engineSocket, readTimeoutMs: ENGINE_LIMIT_MS }),
    logs: (id, lines) => newestLines(paths.engineSocket, id, lines),
    own: {
      'doctor.json': () => checksOf(context),
      'hardware.json': () =>
        profileMachine({ shipped: releaseFolder('firmware-profiles'), overrides: paths.profileOverrides }),
    },
  });
  const redact = createRedactor(await readSecretValues(paths.secrets));
  const about = { createdAt, agentVersion: AGENT_VERSION };
  const { archive, manifest } = await packBundle({ folder, sources, redact, about });
  await writeFileAtomic(output, archive, { mode: 0o600 });
  terminal.write(`${summary(output, archive.length, manifest, terminal.columns).join('\n')}\n`);
  return EXIT.ok;
}

async function checksOf(context: Context) {
  const { reading } = await readAgent(context);
  const facts = await gatherFacts(context.paths, reading, true);
  return toChecks([{ condition: agentSilent, finding: findAgent(reading) }, ...evaluate(CONDITIONS, facts)]);
}

async function newestLines(socket: string, id: string, lines: number): Promise<string> {
  const read: string[] = [];
  const how = { lines, follow: false, signal: new AbortController().signal, limitMs: LOG_LIMIT_MS };
  for await (const line of containerLogs(socket, id, how)) read.push(`${line}\n`);
  return read.join('');
}

function summary(output: string, bytes: number, { entries }: Manifest, columns: number): string[] {
  const packed = entries.filter(({ state }) => state === 'packed');
  const redactions = packed.reduce((sum, entry) => sum + entry.redactions, 0);
  const missing = entries.filter(({ state }) => state === 'failed' || state === 'left-out');
  return [
    `${output} (${formatBytes(bytes)}, ${packed.length} files)`,
    ...labelled(
      '',
      `It holds state, checks, logs, rules and addresses of this machine. Secrets are left out, and what looks like one was blackened in ${redactions} places; manifest.json in it lists everything. Look through it before you give it to anybody.`,
      columns,
    ),
    ...missing.flatMap(({ name, detail }) => labelled('  - ', `without ${name}: ${detail}`, columns)),
  ];
}
