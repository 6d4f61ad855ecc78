import * as z from 'zod/mini';
import { jsonOrNull } from '../../system/json.ts';
import type { Chain, ChainPorts } from './chain.ts';
import type { HttpsAnswer, HttpsQuestion } from './https-request.ts';
import { disproved, type Proof, unverified } from './proof.ts';

const LOOK_AT_TRAEFIK = 'See what Traefik says: `sudo agentctl logs traefik`';
const NOT_IN_VPN =
  'No address of this machine is in vpn.ranges. Ask once from a client in the VPN: `curl https://NAME/_matrix/client/versions`';

/** An address that is nobody's (RFC 5737), as that of a homeserver whose operator is not ours. */
const FOREIGN = '192.0.2.1';

/** The links of the chain that go through Traefik: who reaches what, by which name. */
export function routeProofs(chain: Chain, { ask, askAsLkJwt, egressRefused }: ChainPorts): readonly Proof[] {
  const { domains, traefik, vpnAddress, authority } = chain;
  const question = (host: string, path: string, more: Partial<HttpsQuestion> = {}): HttpsQuestion => ({
    address: traefik,
    port: 443,
    host,
    path,
    ...(authority === null ? {} : { authority }),
    ...more,
  });
  const tokenCheck = question(domains.matrix, '/_matrix/federation/v1/openid/userinfo?access_token=bogus');
  const requestToken = (server: string) =>
    question(domains.rtc, '/sfu/get', {
      method: 'POST',
      json: {
        room: '!verify:appliance',
        device_id: 'VERIFY',
        openid_token: {
          access_token: 'bogus',
          token_type: 'Bearer',
          matrix_server_name: server,
          expires_in: 60,
        },
      },
    });

  async function homeserverJudgesTokens(): Promise<string> {
    const answer = await askAsLkJwt(tokenCheck);
    if (statusOf(answer) !== 401 || errcodeOf(answer) === null) {
      throw disproved(`lk-jwt-service cannot have a token checked: ${inWords(answer)}`, LOOK_AT_TRAEFIK);
    }
    return `asked by lk-jwt-service the homeserver judges a token (401 ${errcodeOf(answer)})`;
  }

  return [
    {
      check: 'certificates',
      prove: async () => {
        for (const host of new Set([domains.rtc, domains.matrix])) {
          const answer = await ask(question(host, '/'));
          if (!answer.answered) throw disproved(`${host} does not answer: ${answer.why}`, LOOK_AT_TRAEFIK);
          if (answer.certificateFault !== null) {
            throw disproved(
              `clients will not trust ${host}: ${answer.certificateFault}`,
              'See certificates in appliance.yaml; with ACME also: `sudo agentctl logs traefik`',
            );
          }
        }
        return `valid for ${domains.rtc} and ${domains.matrix}`;
      },
    },
    {
      check: 'homeserver in the VPN',
      prove: async () => {
        const versions = question(domains.matrix, '/_matrix/client/versions');
        const outside = await ask(versions);
        if (statusOf(outside) !== 403) {
          throw disproved(
            `from outside the VPN the homeserver answered: ${inWords(outside)}`,
            'See vpn.ranges in appliance.yaml: it must hold the VPN alone.',
          );
        }
        if (vpnAddress === null)
          throw unverified('from outside it is a 403; the way in was not seen', NOT_IN_VPN);
        const inside = await ask({ ...versions, from: vpnAddress });
        if (statusOf(inside) !== 200) {
          throw disproved(
            `from ${vpnAddress}, in the VPN, it does not answer: ${inWords(inside)}`,
            LOOK_AT_TRAEFIK,
          );
        }
        return `403 from outside, 200 from ${vpnAddress}`;
      },
    },
    {
      check: 'transport discovery',
      prove: async () => {
        if (vpnAddress === null) throw unverified('clients find it in the VPN', NOT_IN_VPN);
        const answer = await ask(
          question(domains.serverName, '/.well-known/matrix/client', { from: vpnAddress }),
        );
        const foci = statusOf(answer) === 200 ? fociIn(answer) : [];
        if (!foci.includes(`https://${domains.rtc}`)) {
          throw disproved(
            `clients are told ${foci.join(', ') || `of no SFU: ${inWords(answer)}`}, not https://${domains.rtc}`,
            'Clients will say MISSING_MATRIX_RTC_TRANSPORT. See: `sudo agentctl logs tuwunel`',
          );
        }
        return `clients are told https://${domains.rtc}`;
      },
    },
    {
      check: 'token check',
      prove: async () => {
        const judged = await homeserverJudgesTokens();
        const outside = await ask(tokenCheck);
        if (statusOf(outside) !== 403) {
          throw disproved(`anybody can have a token checked: ${inWords(outside)}`, LOOK_AT_TRAEFIK);
        }
        return `${judged}; anybody else gets a 403`;
      },
    },
    {
      check: 'bogus token',
      prove: async () => {
        // lk-jwt-service says 401 for any failure: the refusal counts only while the homeserver can be asked.
        const judged = await homeserverJudgesTokens();
        const answer = await ask(requestToken(domains.serverName));
        if (statusOf(answer) !== 401) {
          throw disproved(
            `a bogus token was not refused: ${inWords(answer)}`,
            'See its log: `sudo agentctl logs lk-jwt`',
          );
        }
        return `refused (401), and ${judged}`;
      },
    },
    {
      check: 'foreign homeserver',
      prove: async () => {
        const judged = await homeserverJudgesTokens();
        const before = await egressRefused();
        // Without a default route nothing is sent to a foreign address; this machine's own is always within reach.
        const servers = [FOREIGN, `${chain.relay.address}:8448`];
        for (const server of servers) {
          const answer = await ask(requestToken(server));
          if (statusOf(answer) !== 401) {
            throw disproved(
              `a user of ${server} was not refused: ${inWords(answer)}`,
              'See its log: `sudo agentctl logs lk-jwt`',
            );
          }
        }
        const refused = (await egressRefused()) - before;
        if (refused === 0) {
          throw disproved(
            `lk-jwt-service said 401, but nothing that it sent to ${servers.join(' or ')} was refused by our rules`,
            'Its egress may be open: `sudo agentctl firewall diff`',
          );
        }
        return `refused (401), ${refused} packets to such ones refused by our rules, and ${judged}`;
      },
    },
    {
      check: 'internal routes',
      prove: async () => {
        const paths = ['/sfu_webhook', '/twirp/livekit.RoomService/ListRooms', '/metrics'];
        for (const path of paths) {
          const answer = await ask(question(domains.rtc, path, { method: 'POST', json: {} }));
          if (statusOf(answer) !== 404) {
            throw disproved(
              `${path} of ${domains.rtc} is open to anybody: ${inWords(answer)}`,
              LOOK_AT_TRAEFIK,
            );
          }
        }
        const api = question(domains.rtc, '/twirp/livekit.RoomService/ListRooms', {
          method: 'POST',
          json: {},
        });
        const inside = await askAsLkJwt(api);
        if (statusOf(inside) !== 401) {
          throw disproved(`lk-jwt-service does not reach LiveKit's API: ${inWords(inside)}`, LOOK_AT_TRAEFIK);
        }
        return `${paths.join(', ')}: 404 to anybody; lk-jwt-service reaches LiveKit (401 without a key)`;
      },
    },
  ];
}

const statusOf = (answer: HttpsAnswer) => (answer.answered ? answer.status : null);

function inWords(answer: HttpsAnswer): string {
  return answer.answered ? `${answer.status} ${answer.body.slice(0, 120)}`.trim() : answer.why;
}

const matrixError = z.looseObject({ errcode: z.string() });
const wellKnown = z.looseObject({
  'org.matrix.msc4143.rtc_foci': z.array(z.looseObject({ livekit_service_url: z.string() })),
});

/** The homeserver's own words tell its answer from that of somebody before it. */
function errcodeOf(answer: HttpsAnswer): string | null {
  const read = answer.answered ? matrixError.safeParse(jsonOrNull(answer.body)) : null;
  return read?.success ? read.data.errcode : null;
}

function fociIn(answer: HttpsAnswer): string[] {
  const read = answer.answered ? wellKnown.safeParse(jsonOrNull(answer.body)) : null;
  const foci = read?.success ? read.data['org.matrix.msc4143.rtc_foci'] : [];
  return foci.map(({ livekit_service_url }) => livekit_service_url.replace(/\/$/, ''));
}
