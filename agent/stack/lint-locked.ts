import * as z from 'zod';
import type { ComposeProblem } from './lint-compose.ts';
import { LOCKED_NETWORK, type ServiceDefinition } from './types.ts';

const attachment = z.looseObject({ ipv4_address: z.string().optional() });
const document = z.looseObject({
  services: z.record(
    z.string(),
    z.looseObject({
      networks: z.record(z.string(), attachment.nullable()).optional(),
    }),
  ),
});

/**
 * Where a compose document contradicts what locks a service in (`egress`): packets within a network pass no rule of ours,
 * so exactly those whom the service may reach are on its network, and it is on no other. The routes know it by its
 * address: each has one there, and no two the same.
 */
export function lintLocked(
  content: unknown,
  services: readonly ServiceDefinition[],
): readonly ComposeProblem[] {
  const checked = document.safeParse(content);
  if (!checked.success) return [{ place: 'services', reason: 'its networks cannot be read' }];
  const described = checked.data.services;
  const isOn = (name: string) => described[name]?.networks?.[LOCKED_NETWORK] !== undefined;
  const at = (name: string) => `services.${name}.networks`;
  const locked = services.filter(({ egress }) => egress !== undefined);
  const mayBeThere = new Set(locked.flatMap(({ name, egress = [] }) => [name, ...egress]));
  const members = Object.keys(described).filter(isOn);
  const address = (name: string) => described[name]?.networks?.[LOCKED_NETWORK]?.ipv4_address;
  return [
    ...members
      .filter((name) => !mayBeThere.has(name))
      .map((name) => ({
        place: `${at(name)}.${LOCKED_NETWORK}`,
        reason: `what is on this network can be reached by ${locked.map((one) => one.name).join(', ') || 'nobody'}, whose egress does not name it`,
      })),
    ...[...mayBeThere]
      .filter((name) => !isOn(name))
      .map((name) => ({
        place: at(name),
        reason: `it is not on the network ${LOCKED_NETWORK}, as an egress asks`,
      })),
    ...locked
      .filter(({ name }) => isOn(name) && Object.keys(described[name]?.networks ?? {}).length > 1)
      .map(({ name }) => ({ place: at(name), reason: 'a service that is locked in has no second way out' })),
    ...members
      .filter((name, index) => {
        const own = address(name);
        return own === undefined || members.findIndex((other) => address(other) === own) < index;
      })
      .map((name) => ({
        place: `${at(name)}.${LOCKED_NETWORK}.ipv4_address`,
        reason: 'the rules and the routes know a member by its own fixed address',
      })),
  ];
}
