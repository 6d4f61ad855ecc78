import type { Certificates } from './check-certificates.ts';
import type { Role } from './check-media-nodes.ts';
import { rangeOverlapping } from './check-vpn-ranges.ts';
import { type Checked, type ValueProblem, valid } from './checked.ts';
import type { ApplianceConfig, Domains, ElementCallConfig, PortRange } from './schema.ts';

/** Settings of the stack element-call, each right by itself, or absent. */
export interface GivenElementCall {
  readonly role: Role;
  readonly primary: string | null;
  readonly mediaNodes: readonly string[];
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
  const { role, primary, mediaNodes } = given;
  // Who helps another appliance has no name that a browser asks for.
  const certificates = given.certificates ?? (role === 'media' ? NO_CERTIFICATE : undefined);
  if (!rtc || !matrix || !serverName || !ranges || !certificates) {
    return { ok: false, problems: missing(given) };
  }
  const domains = { rtc, matrix, serverName, turn: given.domains.turn ?? rtc };
  const problems = [
    ...clashesOf(domains),
    ...overlapsOf(ranges, rest.network),
    ...peersOf(given, ranges),
    ...excessOf(rest.capacity.participants, rest.turn.relayPorts),
  ];
  return problems.length > 0
    ? { ok: false, problems }
    : valid({ role, primary, mediaNodes, domains, vpn: { ranges }, certificates });
}

/** Asks nobody for one: no service of it has a certificate. */
const NO_CERTIFICATE: Certificates = { kind: 'acme', email: null };

/** Appliances talk to each other in the VPN alone, and each is either helped or helps. */
function peersOf(
  { role, primary, mediaNodes, domains }: GivenElementCall,
  ranges: readonly string[],
): ValueProblem[] {
  const outside = (path: readonly (string | number)[], address: string): ValueProblem[] =>
    rangeOverlapping(ranges, `${address}/32`) === null
      ? [
          {
            path,
            message: `${address} is not in vpn.ranges`,
            expected: 'appliances reach each other in the VPN: write the address that it has there',
          },
        ]
      : [];
  const needed = (path: readonly string[], expected: string): ValueProblem => ({
    path,
    message: 'it is missing, with role: media',
    expected,
  });
  if (role === 'all') {
    const alone = {
      path: ['primary'],
      message: 'it is of no use without role: media',
      expected: 'remove it',
    };
    return [
      ...(primary === null ? [] : [alone]),
      ...mediaNodes.flatMap((address, index) => outside(['mediaNodes', index], address)),
    ];
  }
  const helped = {
    path: ['mediaNodes'],
    message: 'an appliance with role: media is helped by nobody',
    expected: 'list the appliances on the first one',
  };
  return [
    ...(mediaNodes.length > 0 ? [helped] : []),
    ...(primary === null
      ? [needed(['primary'], 'write the address of the first appliance in the VPN, e.g. "primary: 10.8.0.1"')]
      : outside(['primary'], primary)),
    ...(domains.turn === undefined
      ? [
          needed(
            ['domains', 'turn'],
            'write the name of the relay of this very appliance, e.g. "turn: relay2.example.org"',
          ),
        ]
      : []),
  ];
}

function missing({ domains, vpn, certificates, role }: GivenElementCall): ValueProblem[] {
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
    [
      certificates ?? (role === 'media' ? NO_CERTIFICATE : undefined),
      ['certificates'],
      'where certificates come from',
      'kind: acme',
    ],
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
