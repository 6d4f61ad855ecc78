import { parse } from 'yaml';
import { z } from 'zod';
import { desiredTable } from '../firewall/desired-table.ts';
import { BRIDGE, type RenderedFile, type Stack } from '../stack/types.ts';
import { reachableAddresses, turnAddresses } from './addresses.ts';
import type { Desired, History, Observed } from './types.ts';

/** What the machine should look like, given what it looks like; null until there is a configuration. */
export function desiredState(
  stack: Stack,
  directory: string,
  observed: Observed,
  history: Pick<History, 'turnAddresses'>,
): Desired | null {
  const { config } = observed;
  if (config === null) return null;
  const containers = observed.engine.ok ? observed.engine.value.containers : [];
  const networks = observed.engine.ok ? observed.engine.value.networks : [];
  const secrets = observed.secrets.ok ? observed.secrets.value : null;
  const images = observed.images.ok ? observed.images.value : [];

  const services = stack.services(config);
  const backends = new Map(
    services
      .filter((service) => service.network === 'bridge')
      .map(({ name }) => [name, containers.find((container) => container.service === name)?.ipv4 ?? null]),
  );
  const addresses = turnAddresses({
    wanted: config.network.addresses,
    reachable: reachableAddresses(observed.addresses, networks),
    configured: history.turnAddresses,
    coturnRuns: containers.some(({ service, state }) => service === 'coturn' && state === 'running'),
  });
  const files =
    secrets === null || images.length === 0
      ? []
      : stack.render({ config, addresses, secrets, images, directory });
  return {
    services,
    table: desiredTable({
      published: services.flatMap((service) => service.published),
      open: services.flatMap((service) => service.open),
      backends,
      bridge: BRIDGE,
      subnet: config.network.subnet,
    }),
    backends,
    turnAddresses: addresses,
    files,
    generations: generationsOf(files),
    images,
  };
}

const composeFile = z.object({
  services: z.record(z.string(), z.object({ labels: z.record(z.string(), z.string()) })),
});

/** The generation label of each service in the rendered compose file. */
function generationsOf(files: readonly RenderedFile[]): ReadonlyMap<string, string> {
  const file = files.find(({ path }) => path === 'compose.yaml');
  if (!file) return new Map();
  const { services } = composeFile.parse(parse(file.content));
  return new Map(
    Object.entries(services).map(([name, { labels }]) => [
      name,
      labels['org.appliance-agent.generation'] ?? '',
    ]),
  );
}
