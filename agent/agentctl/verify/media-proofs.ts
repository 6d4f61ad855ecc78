import { udpPath } from '../../probes/datagram-path.ts';
import { candidateFault, iceServerFault } from '../../probes/media/judge-report.ts';
import { MEDIA_PATHS } from '../../probes/media/media-probe.ts';
import { type Allocation, allocate } from '../../probes/turn-allocation.ts';
import type { TurnCredential } from '../../probes/turn-credential.ts';
import { AgentError, describeError } from '../../system/errors.ts';
import type { Chain, ChainPorts } from './chain.ts';
import { disproved, type Proof, unverified } from './proof.ts';

const LOOK_AT_COTURN = 'See what coturn says: `sudo agentctl logs coturn`';
const TURNS_PORT = 5349;
const REQUEST_MS = 3_000;

/** The links of the chain that media goes over: the SFU's candidates, the three paths, the relay and what it refuses. */
export function mediaProofs(chain: Chain, { media, credential, accepts }: ChainPorts): readonly Proof[] {
  const { relay, mediaAddresses, bridgeAddress } = chain;
  const ask = (as: TurnCredential) =>
    allocate({ server: udpPath(relay), credential: as, timeoutMs: REQUEST_MS });

  return [
    {
      check: 'relay',
      prove: async () => {
        const allocation = await ask(credential());
        try {
          for (const address of mediaAddresses) if (!address.includes(':')) await allocation.permit(address);
          const forbidden = ['10.0.0.1', '169.254.169.254', bridgeAddress];
          for (const peer of forbidden) await isForbidden(allocation, peer);
          return `an allocation at ${allocation.relayed.address}, with ${mediaAddresses.join(', ')} permitted, ${forbidden.join(', ')} refused`;
        } finally {
          await allocation.free();
        }
      },
    },
    {
      check: 'relay credential',
      prove: async () => {
        const { username } = credential();
        const refusal = await ask({ username, password: 'bogus' }).then(
          async (allocation) => {
            await allocation.free();
            return null;
          },
          (error) => describeError(error),
        );
        if (refusal === null || !refusal.includes('401')) {
          throw disproved(
            `a wrong credential was ${refusal === null ? 'taken' : `answered: ${refusal}`}`,
            LOOK_AT_COTURN,
          );
        }
        return 'a wrong one is refused (401)';
      },
    },
    {
      check: 'TURNS closed',
      prove: async () => {
        if (!(await accepts(relay))) throw disproved(`port ${relay.port}/tcp is closed too`, LOOK_AT_COTURN);
        if (await accepts({ ...relay, port: TURNS_PORT })) {
          throw disproved(
            `something listens on port ${TURNS_PORT}`,
            'See which program it is: `sudo ss -tlnp`',
          );
        }
        return `port ${TURNS_PORT} is closed, and ${relay.port}/tcp is open`;
      },
    },
    {
      check: 'media',
      prove: async () => {
        const report = await media();
        const { candidates, paths } = report;
        const wrong = candidateFault(report, mediaAddresses);
        if (wrong !== null) {
          throw disproved(
            wrong,
            'Clients would try addresses that lead nowhere: see network.publicAddresses in appliance.yaml.',
          );
        }
        const strangers = iceServerFault(report);
        if (strangers !== null) throw disproved(strangers, 'See its log: `sudo agentctl logs livekit`');
        const failed = MEDIA_PATHS.filter((path) => !paths[path].ok);
        if (failed.length > 0) {
          throw disproved(
            failed.map((path) => `${path}: ${paths[path].detail}`).join('; '),
            'See whether packets come in: `sudo agentctl firewall show`; and what stands in their way: `sudo agentctl doctor`',
          );
        }
        const times = MEDIA_PATHS.map((path) => `${path} ${paths[path].roundTripMs ?? '?'} ms`);
        const announced = candidates.map(({ protocol, address, port }) => `${address}:${port}/${protocol}`);
        return `${announced.sort().join(', ')}; ICE over ${times.join(', ')}`;
      },
    },
    {
      check: 'from outside',
      prove: () => {
        throw unverified(
          "the provider's firewall and a router in front of this machine cannot be seen from it",
          'Join a call once from another network, e.g. with a phone on mobile data.',
        );
      },
    },
  ];
}

/** Coturn answers 403 to a peer that its configuration denies (RFC 8656, section 9.2). */
async function isForbidden(allocation: Allocation, peer: string): Promise<void> {
  try {
    await allocation.permit(peer);
  } catch (error) {
    if (error instanceof AgentError && error.code === 'TURN_REFUSED' && error.message.includes('403')) return;
    throw error;
  }
  throw disproved(`the relay lets anybody reach ${peer}`, LOOK_AT_COTURN);
}
