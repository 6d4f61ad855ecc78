import { parse } from 'yaml';
import { z } from 'zod';
import { CONTAINER_EGRESS, desiredTable } from '../firewall/desired-table.ts';
import type { Key } from '../nftables/objects.ts';
import { BRIDGE, type RenderedFile, type ServiceDefinition, type Stack } from '../stack/types.ts';
import { reachableAddresses, turnAddresses } from './addresses.ts';
import type { Desired, History, Observed } from './types.ts';

/** What the machine should look like, given what it looks like; null until there is a configuration. */
export function desiredState(
  stack: Stack,
  directory: string,
  observed: Observed,
  history: Pick<History, 'turnAddresses' | 'applied'>,
): Desired | null {
  const { config } = observed;
  if (config === null) return null;
  const containers = observed.engine.ok ? observed.engine.value.containers : [];
  const networks = observed.engine.ok ? observed.engine.value.networks : [];
  const secrets = observed.secrets.ok ? observed.secrets.value : null;
  const images = observed.images.ok ? observed.images.value : [];

  const services = stack.services(config);
  const backends = backendsOf(services, observed, history.applied);
  const addresses = turnAddresses({
    wanted: config.network.addresses,
    reachable: reachableAddresses(observed.addresses, networks),
    configured: history.turnAddresses,
    coturnRuns:
      !observed.engine.ok ||
      containers.some(({ service, state }) => service === 'coturn' && state === 'running'),
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
      masquerade: masqueradesContainers(observed, history.applied),
    }),
    backends,
    subnet: config.network.subnet,
    turnAddresses: addresses,
    files,
    generations: generationsOf(files),
    images,
  };
}

/**
 * Where each bridge service is. While the engine does not answer, that is where our rules lead already: its
 * containers may well be serving, and calls must not be cut because nobody can be asked.
 */
function backendsOf(
  services: readonly ServiceDefinition[],
  { engine, table }: Observed,
  applied: History['applied'],
): Desired['backends'] {
  const bridged = services.filter(({ network }) => network === 'bridge');
  if (engine.ok) {
    const { containers } = engine.value;
    return new Map(
      bridged.map(({ name }) => [name, containers.find(({ service }) => service === name)?.ipv4 ?? null]),
    );
  }
  const maps = applied?.spec.maps ?? (table.ok ? table.value?.maps : null) ?? [];
  const elements: readonly { key: Key; value: string | null }[] =
    maps.find(({ name }) => name === 'dnat4')?.elements ?? [];
  const addressOf = ({ published: [port] }: ServiceDefinition) =>
    elements.find(({ key }) => key[0] === port?.protocol && Number(key[1]) === port?.port)?.value ?? null;
  return new Map(bridged.map((service) => [service.name, addressOf(service)]));
}

/** Whether that is ours to do. While nobody can be asked, what we do already goes on. */
function masqueradesContainers({ dockerRules, table }: Observed, applied: History['applied']): boolean {
  if (dockerRules.known) return dockerRules.value.backend === 'none' && dockerRules.value.masquerade;
  const chains: readonly { readonly rules: readonly { readonly id: string | null }[] }[] =
    applied?.spec.chains ?? (table.ok ? table.value?.chains : null) ?? [];
  return chains.some(({ rules }) => rules.some(({ id }) => id === CONTAINER_EGRESS));
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
