import { isDeepStrictEqual } from 'node:util';
import { PROJECT } from '../stack/types.ts';
import { filesToWrite } from './files-to-write.ts';
import { servicesOnNetwork } from './on-network.ts';
import type { Step } from './steps.ts';
import type { Desired, EngineState, History, Observed } from './types.ts';

/**
 * What the engine has and the configuration does not want: services and networks that it names no longer, and networks
 * whose addresses it changed. All of it waits until the files of the configuration are written: one that is refused, or
 * whose images are not there, stops nothing.
 */
export function planRemovals(
  observed: Observed,
  desired: Desired,
  { holds }: Pick<History, 'holds'>,
): Step[] {
  const isWritten =
    desired.refused === null && desired.files.length > 0 && filesToWrite(observed, desired).length === 0;
  if (!observed.engine.ok || !isWritten) return [];
  const engine = observed.engine.value;
  return [
    ...unnamedServices(engine, desired, holds),
    ...changedNetworks(engine, desired),
    ...unnamedNetworks(engine, desired),
  ];
}

/** A container without a generation is somebody else's, whatever project it says that it is of. */
function unnamedServices(
  { containers }: EngineState,
  { services }: Desired,
  holds: History['holds'],
): Step[] {
  const isUnnamed = ({ service }: { readonly service: string }) =>
    services.every(({ name }) => name !== service);
  const unwanted = containers.filter(
    (one) => isUnnamed(one) && one.generation !== '' && one.state !== 'removing',
  );
  // A hold of what is no longer there could be released by nobody, and would keep the others from being healed.
  const names = [...new Set([...unwanted, ...holds.filter(isUnnamed)].map(({ service }) => service))];
  if (names.length === 0) return [];
  return [
    {
      kind: 'remove-services',
      services: names,
      containerIds: unwanted.map(({ id }) => id),
      why: `the configuration names ${names.join(', ')} no longer`,
    },
  ];
}

/** Compose leaves a network as it was made, without a word, when its subnet changes. */
function changedNetworks({ networks: present }: EngineState, desired: Desired): Step[] {
  const wrong = desired.networks.flatMap(({ name, subnet, subnet6 }) => {
    const found = present.find((network) => network.name === `${PROJECT}_${name}`);
    const wanted = [subnet, ...(subnet6 === null ? [] : [subnet6])];
    if (found === undefined || isDeepStrictEqual(new Set(found.subnets), new Set(wanted))) return [];
    return [
      `network ${name} has the subnet ${found.subnets.join(', ')}, and should have ${wanted.join(', ')}`,
    ];
  });
  if (wrong.length === 0) return [];
  return [{ kind: 'compose-down', services: servicesOnNetwork(desired), why: wrong.join('; ') }];
}

/** Its addresses may be wanted for another one. Those of locked services are the only ones that not every stack has. */
function unnamedNetworks({ containers, networks: present }: EngineState, { networks }: Desired): Step[] {
  const inUse = containers.some(({ locked }) => locked.ipv4 !== null || locked.ipv6 !== null);
  if (inUse) return [];
  const named = networks.map(({ name }) => `${PROJECT}_${name}`);
  return present
    .filter(({ isOurs, name }) => isOurs && !named.includes(name))
    .map(({ id, name }) => ({
      kind: 'remove-network',
      network: { id, name },
      why: `the configuration names network ${name} no longer`,
    }));
}
