import { join } from 'node:path';
import { formatConfigProblems } from '../../config/problems.ts';
import { readConfig } from '../../config/read-config.ts';
import type { ApplianceConfig } from '../../config/schema.ts';
import { reachableAddresses, relayAddresses, turnAddresses } from '../../reconcile/addresses.ts';
import { readIpv6Facts } from '../../reconcile/forwarding-facts.ts';
import { hostAddresses } from '../../reconcile/observe.ts';
import { readCertificates } from '../../stack/certificates.ts';
import { readImages } from '../../stack/images.ts';
import { type RenderedChanges, renderedChanges } from '../../stack/rendered-changes.ts';
import { allValues } from '../../stack/secrets.ts';
import { stackNamed } from '../../stack/stack-named.ts';
import { TURNSERVER_CONF } from '../../stack/turnserver-conf.ts';
import type { RenderedFile, Secrets } from '../../stack/types.ts';
import { readRendered } from '../../stack/write-rendered.ts';
import { readFileIfPresent } from '../../system/files.ts';
import type { Paths } from '../../system/paths.ts';
import { asRoot } from '../as-root.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { secretsHere } from '../secrets-here.ts';

/**
 * Shows what a configuration would change in the files of the stack, with secrets hidden, and which services would be
 * made anew or removed. Changes nothing. Exit status 1 when it would change something, or is refused.
 */
export async function configDiff({ paths, terminal }: Context, file?: string): Promise<number> {
  const path = file ?? paths.config;
  const parsed = await asRoot(path, () => readConfig(path));
  if (!parsed.ok) {
    terminal.writeError(`${formatConfigProblems(parsed.problems, path)}\n`);
    return EXIT.degraded;
  }
  const secrets = await secretsHere(paths.secrets);
  const files = await render(parsed.config, paths, secrets);
  const before = new Map<string, string>();
  for (const { path: name } of files) {
    const file = join(paths.rendered, name);
    const content = await asRoot(file, () => readRendered(file));
    if (content !== null) before.set(name, content);
  }
  const changes = renderedChanges(before, files, allValues(secrets));
  terminal.write(inWords(changes));
  return changes.files.length === 0 ? EXIT.ok : EXIT.degraded;
}

async function render(
  given: ApplianceConfig,
  paths: Paths,
  secrets: Secrets,
): Promise<readonly RenderedFile[]> {
  const config =
    (await readIpv6Facts()) === null ? { ...given, network: { ...given.network, subnet6: 'none' } } : given;
  const file = join(paths.rendered, TURNSERVER_CONF);
  const conf = await asRoot(file, () => readFileIfPresent(file));
  const configured = conf && [...conf.matchAll(/^listening-ip=(.*)$/gm)].map(([, address]) => address ?? '');
  const addresses = turnAddresses({
    wanted: config.network.addresses,
    reachable: relayAddresses(reachableAddresses(hostAddresses(), [])),
    configured: configured || null,
    coturnRuns: true,
  });
  return stackNamed(config.stack).render({
    config,
    certificates: await readCertificates(config.elementCall, new Date()),
    addresses,
    secrets,
    images: await readImages(paths.images),
    directory: paths.rendered,
    dataDirectory: paths.data,
  });
}

function inWords({ anew, gone, files }: RenderedChanges): string {
  if (files.length === 0) return 'Nothing would change.\n';
  const blocks = files.map(({ path, lines }) =>
    [path, ...(lines.length === 0 ? ['  (a secret or a label)'] : lines.map((line) => `  ${line}`))].join(
      '\n',
    ),
  );
  const effect =
    anew.length === 0 ? 'No container would be made anew.' : `Containers made anew: ${anew.join(', ')}.`;
  const removal =
    gone.length === 0 ? '' : `Containers removed: ${gone.join(', ')}; what they keep on disk stays.\n`;
  return `${blocks.join('\n\n')}\n\n${effect}\n${removal}`;
}
