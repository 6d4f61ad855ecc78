import type { Certificates } from './check-certificates.ts';
import { rangeOverlapping } from './check-vpn-ranges.ts';
import { type Checked, type ValueProblem, valid } from './checked.ts';
import type { ApplianceConfig, Domains, ElementCallConfig, PortRange } from './schema.ts';

/** Settings of the stack element-call, each right by itself, or absent. */
export interface GivenElementCall {
  readonly domains: { readonly [Name in keyof Domains]?: string | undefined };
  readonly certificates?: Certificates | undefined;
  readonly vpn: { readonly ranges?: readonly string[] | undefined };
}

/** Connections to the SFU in both directions, each with a relay of its own over UDP and over TCP. */
export const ALLOCATIONS_A_PARTICIPANT = 4;

/** How many participants a range of ports can carry when all of them need the relay. */
export function participantsRelayedBy({ from, to }: PortRange): number {
  return Math.floor((to - from + 1) / ALLOCATIONS_A_PARTICIPANT);
}

/** Whether the settings of the stack element-call are all there, and agree with each other and with the rest. */
export function elementCall(given: GivenElementCall, rest: ApplianceConfig): Checked<ElementCallConfig> {
  const { rtc, matrix, serverName } = given.domains;
  const { ranges } = given.vpn;
  const { certificates } = given;
  if (!rtc || !matrix || !serverName || !ranges || !certificates) {
    return { ok: false, problems: missing(given) };
  }
  const domains = { rtc, matrix, serverName, turn: given.domains.turn ?? rtc };
  const problems = [
    ...clashesOf(domains),
    ...overlapsOf(ranges, rest.network),
    ...excessOf(rest.capacity.participants, rest.turn.relayPorts),
  ];
  return problems.length > 0 ? { ok: false, problems } : valid({ domains, vpn: { ranges }, certificates });
}

function missing({ domains, vpn, certificates }: GivenElementCall): ValueProblem[] {
  const needed: readonly [value: unknown, path: readonly string[], what: string, example: string][] = [
    [domains.rtc, ['domains', 'rtc'], 'the name by which everybody reaches calls', 'rtc: rtc.example.org'],
    [
      domains.matrix,
      ['domains', 'matrix'],
      'the name by which the VPN reaches the homeserver',
      'matrix: matrix.example.org',
    ],
    [
      domains.serverName,
      ['domains', 'serverName'],
      'what stands behind the colon in user names; it can never be changed',
      'serverName: example.org',
    ],
    [vpn.ranges, ['vpn', 'ranges'], 'the networks of your VPN', 'ranges: [10.8.0.0/24]'],
    [certificates, ['certificates'], 'where certificates come from', 'kind: acme'],
  ];
  return needed
    .filter(([value]) => value === undefined)
    .map(([, path, what, example]) => ({
      path,
      message: 'it is missing',
      expected: `write ${what}, e.g. "${path.length === 1 ? `${path[0]}: {${example}}` : example}"`,
    }));
}

/** Calls are for everybody and the homeserver for the VPN: they are told apart by the name that is asked for. */
function clashesOf({ rtc, matrix, serverName }: Domains): ValueProblem[] {
  const clash = (path: string): ValueProblem[] => [
    {
      path: ['domains', path],
      message: `${rtc} is domains.rtc too`,
      expected: 'use another name: one is for everybody, the other for the VPN alone',
    },
  ];
  return [...(matrix === rtc ? clash('matrix') : []), ...(serverName === rtc ? clash('serverName') : [])];
}

/** A container is not in the VPN: what reaches the homeserver must not do so because of where containers live. */
function overlapsOf(ranges: readonly string[], network: ApplianceConfig['network']): ValueProblem[] {
  return [network.subnet, network.subnet6]
    .filter((subnet) => subnet !== 'none')
    .flatMap((subnet) => {
      const range = rangeOverlapping(ranges, subnet);
      if (range === null) return [];
      return [
        {
          path: ['vpn', 'ranges', ranges.indexOf(range)],
          message: `${range} has addresses of the containers' network ${subnet}`,
          expected: 'write the VPN alone, or give network.subnet other addresses',
        },
      ];
    });
}

function excessOf(participants: number, relayPorts: PortRange): ValueProblem[] {
  const most = participantsRelayedBy(relayPorts);
  if (participants <= most) return [];
  return [
    {
      path: ['capacity', 'participants'],
      message: `${participants} participants may need ${participants * ALLOCATIONS_A_PARTICIPANT} relay ports, and turn.relayPorts has ${relayPorts.to - relayPorts.from + 1}`,
      expected: `use at most ${most}, or more relay ports`,
    },
  ];
}
