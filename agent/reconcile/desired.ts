import type { ApplianceConfig } from '../config/schema.ts';
import { desiredTable } from '../firewall/desired-table.ts';
import { CONTAINER_EGRESS } from '../firewall/nat-chains.ts';
import type { Key } from '../nftables/objects.ts';
import { publicAddressesOf } from '../stack/public-addresses.ts';
import type { ServiceDefinition, Stack } from '../stack/types.ts';
import type { Instant } from '../system/clock.ts';
import { AgentError } from '../system/errors.ts';
import type { Paths } from '../system/paths.ts';
import { reachableAddresses, relayAddresses, turnAddresses } from './addresses.ts';
import { budgetsFor } from './budgets-for.ts';
import { perimeterInForce } from './perimeter.ts';
import type { Desired, History, Observed } from './types.ts';

/** What of an observation the desired state rests on. */
type Ground = Pick<
  Observed,
  | 'config'
  | 'secrets'
  | 'certificates'
  | 'images'
  | 'engine'
  | 'table'
  | 'ipv6'
  | 'dockerRules'
  | 'addresses'
  | 'hardware'
>;

/** What the machine should look like, given what it looks like; null until there is a configuration. */
export function desiredState(
  stack: Stack,
  places: Pick<Paths, 'rendered' | 'data'>,
  observed: Ground,
  history: Pick<History, 'turnAddresses' | 'applied' | 'perimeter'>,
  now: Instant,
): Desired | null {
  if (observed.config === null) return null;
  const config = forThisKernel(observed.config, observed);
  const containers = observed.engine.ok ? observed.engine.value.containers : [];
  const present = observed.engine.ok ? observed.engine.value.networks : [];
  const images = observed.images.ok ? observed.images.value : [];

  const services = stack.services(config);
  const networks = stack.networks(config);
  const [network, ...locked] = networks;
  const backends = backendsOf(services, observed, history.applied, IPV4);
  const backends6 = backendsOf(services, observed, history.applied, IPV6);
  const addresses = turnAddresses({
    wanted: config.network.addresses,
    reachable: relayAddresses(reachableAddresses(observed.addresses, present)),
    configured: history.turnAddresses,
    coturnRuns:
      !observed.engine.ok ||
      containers.some(({ service, state }) => service === 'coturn' && state === 'running'),
  });
  const { files, refused } = render(stack, places, config, addresses, observed);
  return {
    services,
    table: desiredTable({
      published: services.flatMap((service) => service.published),
      open: services.flatMap((service) => service.open),
      relays: services.flatMap(({ relay }) => relay ?? []),
      backends,
      backends6,
      network,
      locked,
      publicAddresses: config.network.publicAddresses,
      hostBehind: hostBehind(publicAddressesOf(config.network, addresses)),
      masquerade: masqueradesContainers(observed, history.applied),
      perimeter: perimeterInForce(config.firewall, history.perimeter, now),
      mdns: config.site.mdns,
    }),
    backends,
    backends6,
    networks,
    publicAddresses: config.network.publicAddresses,
    turnAddresses: addresses,
    files,
    refused,
    // What is refused changes nothing: whatever runs is as it should be, and is kept running.
    generations:
      refused === null
        ? stack.generations(files)
        : new Map(containers.map(({ service, generation }) => [service, generation])),
    images,
    rotations: stack.rotations,
    healing: config.healing,
    budgets: new Map(services.map(({ name }) => [name, budgetsFor(name, config, observed.hardware)])),
  };
}

/** The files of the stack, none while something that goes into them is not there yet, or why there are none. */
function render(
  stack: Stack,
  places: Pick<Paths, 'rendered' | 'data'>,
  config: ApplianceConfig,
  addresses: readonly string[],
  { secrets, images, certificates }: Ground,
): Pick<Desired, 'files' | 'refused'> {
  if (!certificates.ok) return { files: [], refused: certificates.error };
  if (!secrets.ok || secrets.value === null || !images.ok || images.value.length === 0) {
    return { files: [], refused: null };
  }
  try {
    const files = stack.render({
      config,
      certificates: certificates.value,
      addresses,
      secrets: secrets.value,
      images: images.value,
      directory: places.rendered,
      dataDirectory: places.data,
    });
    return { files, refused: null };
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    return { files: [], refused: error };
  }
}

/** A kernel without IPv6 could not make the network. */
function forThisKernel(config: ApplianceConfig, { ipv6 }: Ground): ApplianceConfig {
  return ipv6 === null ? { ...config, network: { ...config.network, subnet6: 'none' } } : config;
}

/** Public address → the first of this host's own that is behind it. */
function hostBehind(publicOf: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...publicOf].map(([host, address]): [string, string] => [address, host]).reverse());
}

/** Where a container's address of each family is found: in what the engine says, and in our own rules. */
const IPV4 = { field: 'ipv4', map: 'dnat4' } as const;
const IPV6 = { field: 'ipv6', map: 'dnat6' } as const;

/**
 * Where each bridge service is: on the network that is published, or where it is locked in. While the engine does not
 * answer, that is where our rules lead already: its containers may well be serving, and calls must not be cut because
 * nobody can be asked.
 */
function backendsOf(
  services: readonly ServiceDefinition[],
  { engine, table }: Ground,
  applied: History['applied'],
  { field, map }: typeof IPV4 | typeof IPV6,
): Desired['backends'] {
  const bridged = services.filter(({ network }) => network === 'bridge');
  if (engine.ok) {
    const { containers } = engine.value;
    return new Map(
      bridged.map(({ name, egress }) => {
        const container = containers.find(({ service }) => service === name);
        return [name, (egress === undefined ? container : container?.locked)?.[field] ?? null];
      }),
    );
  }
  const maps = applied?.spec.maps ?? (table.ok ? table.value?.maps : null) ?? [];
  const elements: readonly { key: Key; value: string | null }[] =
    maps.find(({ name }) => name === map)?.elements ?? [];
  const addressOf = ({ published: [port] }: ServiceDefinition) =>
    elements.find(({ key }) => key[0] === port?.protocol && Number(key[1]) === port?.port)?.value ?? null;
  return new Map(bridged.map((service) => [service.name, addressOf(service)]));
}

/** Whether that is ours to do. While nobody can be asked, what we do already goes on. */
function masqueradesContainers({ dockerRules, table }: Ground, applied: History['applied']): boolean {
  if (dockerRules.known) return dockerRules.value.backend === 'none' && dockerRules.value.masquerade;
  const chains: readonly { readonly rules: readonly { readonly id: string | null }[] }[] =
    applied?.spec.chains ?? (table.ok ? table.value?.chains : null) ?? [];
  return chains.some(({ rules }) => rules.some(({ id }) => id === CONTAINER_EGRESS));
}
