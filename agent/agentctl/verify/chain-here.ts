import { readFile } from 'node:fs/promises';
import { BlockList, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { ApplianceConfig, ElementCallConfig } from '../../config/schema.ts';
import { createEngine } from '../../engine/engine.ts';
import { createNft } from '../../nftables/index.ts';
import { askMedia } from '../../probes/media/ask-media.ts';
import { probeTcp } from '../../probes/tcp-probe.ts';
import { turnCredential } from '../../probes/turn-credential.ts';
import { TURN_PORT } from '../../stack/coturn.ts';
import { announcedAddresses, LIVEKIT_YAML } from '../../stack/element-call/announced-addresses.ts';
import { sharesRooms } from '../../stack/element-call/livekit-yaml.ts';
import { LIVEKIT, LK_JWT, PORTS, TRAEFIK } from '../../stack/element-call/names.ts';
import { elementCallStack } from '../../stack/element-call/stack.ts';
import { addressIn } from '../../stack/networks.ts';
import { readSecrets } from '../../stack/secrets.ts';
import { PROJECT } from '../../stack/types.ts';
import { AgentError } from '../../system/errors.ts';
import { ownProgram } from '../../system/own-program.ts';
import type { Paths } from '../../system/paths.ts';
import { run, runOk } from '../../system/processes.ts';
import { asRoot } from '../as-root.ts';
import type { Chain, ChainPorts } from './chain.ts';
import { askHttps, type HttpsAnswer } from './https-request.ts';
import { unverified } from './proof.ts';

/** How long a credential of the relay is good that the proof makes for itself. */
const CREDENTIAL_SECONDS = 120;
const TCP_MS = 2_000;
const PROGRAM_MS = 45_000;

/** A refused packet is counted here; see agent/firewall/egress-chains.ts. */
const REFUSED_COUNTER = `egress-${LK_JWT}-refused`;

/**
 * The chain of trust of the stack element-call as it runs on this machine, and the means to ask it. What is in force is
 * read from what the services were given. Errors: NEEDS_ROOT, VERIFY_NOT_RUNNING, ENGINE_UNREACHABLE.
 */
export async function chainHere(
  paths: Paths,
  config: ApplianceConfig,
  elementCall: ElementCallConfig,
): Promise<{ readonly chain: Chain; readonly ports: ChainPorts }> {
  const secrets = await asRoot(paths.secrets, () => readSecrets({ directory: paths.secrets }));
  const containers = await createEngine({ socket: paths.engineSocket }).containers(PROJECT);
  const of = (service: string) => {
    const container = containers.find((candidate) => candidate.service === service);
    if (container?.state === 'running') return container;
    throw notRunning(service);
  };
  const rendered = (path: string) => {
    const file = join(paths.rendered, path);
    return asRoot(file, () => readFile(file, 'utf8'));
  };
  const livekitYaml = await rendered(LIVEKIT_YAML);
  const listening = /^listening-ip=(.*)$/m.exec(await rendered('coturn/turnserver.conf'))?.[1];
  const [traefik, livekit, lkJwt] = [of(TRAEFIK), of(LIVEKIT).ipv4, of(LK_JWT).pid];
  if (secrets === null || listening === undefined) throw notRunning('coturn');
  if (traefik.ipv4 === null || traefik.locked.ipv4 === null) throw notRunning(TRAEFIK);
  if (livekit === null || lkJwt === null) throw notRunning(LK_JWT);
  const inLock = traefik.locked.ipv4;
  const relay = { address: listening, port: TURN_PORT };
  const { domains, vpn, certificates } = elementCall;
  return {
    chain: {
      domains,
      traefik: traefik.ipv4,
      vpnAddress: addressWithin(vpn.ranges),
      authority: certificates.kind === 'private-ca' ? await readFile(certificates.ca, 'utf8') : null,
      relay,
      mediaAddresses: announcedAddresses(livekitYaml),
      bridgeAddress: addressIn(elementCallStack.networks(config)[0].subnet, 1),
    },
    ports: {
      ask: askHttps,
      askAsLkJwt: async (question) => {
        const inside = ['--target', String(lkJwt), '--net', '--', ...ownProgram('verify-request')];
        const { stdout } = await runOk(run, 'nsenter', inside, {
          timeoutMs: PROGRAM_MS,
          // Of Traefik's addresses the one that its lock lets it reach.
          input: JSON.stringify({ ...question, address: inLock }),
          code: 'VERIFY_NOT_RUNNING',
          hint: 'The container of lk-jwt may have just ended: `agentctl status`',
        });
        const answer: HttpsAnswer = JSON.parse(stdout);
        return answer;
      },
      egressRefused: async () => {
        const nft = createNft({ run, temporaryDirectory: paths.runDirectory });
        const counters = (await nft.list('inet', 'appliance'))?.counters ?? [];
        return counters.find(({ name }) => name === REFUSED_COUNTER)?.packets ?? 0;
      },
      credential: () => turnCredential(secrets.turn, 'verify', Date.now() / 1000 + CREDENTIAL_SECONDS),
      media: async () => {
        if (sharesRooms(elementCall)) {
          throw unverified(
            'a room of its own may be made on any of several appliances',
            'Join a call once, and see on each of them whether it is there: `sudo agentctl firewall show`',
          );
        }
        const { livekitKey: key, livekitSecret: secret } = secrets;
        return askMedia(run, { sfu: { host: livekit, port: PORTS.signalling, key, secret }, relay });
      },
      accepts: async ({ address, port }) =>
        (await probeTcp({ host: address, port, timeoutMs: TCP_MS, echo: false })).ok,
    },
  };
}

/** An address of this machine within one of these networks; the first, null when there is none. */
function addressWithin(ranges: readonly string[]): string | null {
  const within = new BlockList();
  for (const range of ranges) {
    const [base = '', length] = range.split('/');
    within.addSubnet(base, Number(length), isIPv4(base) ? 'ipv4' : 'ipv6');
  }
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find(({ address }) => isIPv4(address) && within.check(address))?.address ?? null;
}

function notRunning(service: string): AgentError {
  return new AgentError({
    code: 'VERIFY_NOT_RUNNING',
    message: `${service} does not run, so nothing can be proved of the chain that it is part of`,
    hint: 'See what is wrong first: `agentctl status`',
  });
}
