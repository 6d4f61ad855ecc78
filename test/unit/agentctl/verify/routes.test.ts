import test from 'ava';
import type { Chain, ChainPorts } from '../../../../agent/agentctl/verify/chain.ts';
import type { HttpsAnswer, HttpsQuestion } from '../../../../agent/agentctl/verify/https-request.ts';
import { toCheck } from '../../../../agent/agentctl/verify/proof.ts';
import { routeProofs } from '../../../../agent/agentctl/verify/routes.ts';

const CHAIN: Chain = {
  domains: { rtc: 'rtc.example.org', matrix: 'matrix.example.org', serverName: 'example.org' },
  traefik: '172.30.5.3',
  vpnAddress: '10.8.0.1',
  authority: null,
  relay: { address: '203.0.113.10', port: 3478 },
  mediaAddresses: ['203.0.113.10'],
  bridgeAddress: '172.30.5.1',
};

const answer = (status: number, body: object = {}, certificateFault: string | null = null): HttpsAnswer => ({
  answered: true,
  status,
  body: JSON.stringify(body),
  certificateFault,
});

/** What can be wrong with an appliance. */
interface Faults {
  readonly expired?: true;
  readonly homeserverOpen?: true;
  readonly vpnLockedOut?: true;
  readonly noFocus?: true;
  readonly tokenCheckOpen?: true;
  readonly homeserverSilent?: true;
  readonly bogusTaken?: true;
  readonly egressOpen?: true;
  readonly apiOpen?: true;
}

/** An appliance that answers as the real programs do, but for its faults. */
function appliance(faults: Faults = {}): ChainPorts {
  let refused = 7;
  const route = (question: HttpsQuestion, who: 'anybody' | 'vpn' | 'lk-jwt'): HttpsAnswer => {
    const { host, path, json } = question;
    if (host === CHAIN.domains.rtc) {
      if (path === '/sfu/get') {
        const isOurs = JSON.stringify(json).includes('"example.org"');
        if (!isOurs && !faults.egressOpen) refused += 3;
        return faults.bogusTaken ? answer(200, { jwt: 'x' }) : answer(401, { errcode: 'M_UNAUTHORIZED' });
      }
      if (path.startsWith('/twirp') && (who === 'lk-jwt' || faults.apiOpen)) return answer(401);
      return answer(404, {}, faults.expired ? 'certificate has expired' : null);
    }
    if (
      path.startsWith('/_matrix/federation/v1/openid/userinfo') &&
      (who === 'lk-jwt' || faults.tokenCheckOpen)
    ) {
      return faults.homeserverSilent ? answer(502) : answer(401, { errcode: 'M_UNKNOWN_TOKEN' });
    }
    if (who !== 'vpn' && !faults.homeserverOpen) return answer(403);
    if (who === 'vpn' && faults.vpnLockedOut) return answer(403);
    return path === '/.well-known/matrix/client'
      ? answer(
          200,
          faults.noFocus
            ? {}
            : {
                'org.matrix.msc4143.rtc_foci': [
                  { type: 'livekit', livekit_service_url: 'https://rtc.example.org' },
                ],
              },
        )
      : answer(200, { versions: [] });
  };
  return {
    ask: async (question) => route(question, question.from === CHAIN.vpnAddress ? 'vpn' : 'anybody'),
    askAsLkJwt: async (question) => route(question, 'lk-jwt'),
    egressRefused: async () => refused,
    credential: () => ({ username: '', password: '' }),
    media: () => Promise.reject(new Error('not asked here')),
    accepts: async () => true,
  };
}

async function states(chain: Chain, faults?: Faults): Promise<Record<string, string>> {
  const checks = await Promise.all(routeProofs(chain, appliance(faults)).map(toCheck));
  return Object.fromEntries(checks.map(({ check, state }) => [check, state]));
}

test('on an appliance that is well every link is proven', async (t) => {
  const checks = await Promise.all(routeProofs(CHAIN, appliance()).map(toCheck));
  for (const { check, state, evidence } of checks) t.is(state, 'ok', `${check}: ${evidence}`);
});

const CASES: readonly [what: string, faults: Faults, links: readonly string[]][] = [
  ['an expired certificate', { expired: true }, ['certificates']],
  ['a homeserver that answers everybody', { homeserverOpen: true }, ['homeserver in the VPN', 'token check']],
  ['a VPN that is not let in', { vpnLockedOut: true }, ['homeserver in the VPN', 'transport discovery']],
  ['a homeserver that tells of no SFU', { noFocus: true }, ['transport discovery']],
  ['a token check that is open to anybody', { tokenCheckOpen: true }, ['token check']],
  // lk-jwt-service would go on to say 401: three links fall, for none has its positive control.
  [
    'a homeserver that is down',
    { homeserverSilent: true },
    ['bogus token', 'foreign homeserver', 'token check'],
  ],
  ['a bogus token that is taken', { bogusTaken: true }, ['bogus token', 'foreign homeserver']],
  ['an egress that is open', { egressOpen: true }, ['foreign homeserver']],
  ["LiveKit's API open to anybody", { apiOpen: true }, ['internal routes']],
];

for (const [what, faults, links] of CASES) {
  test(`${what} breaks: ${links.join(', ')}`, async (t) => {
    const broken = Object.entries(await states(CHAIN, faults)).filter(([, state]) => state === 'fail');
    t.deepEqual(broken.map(([check]) => check).sort(), [...links].sort());
  });
}

test('without an address in the VPN what only its members can see is unverified, never green', async (t) => {
  const seen = await states({ ...CHAIN, vpnAddress: null });
  t.is(seen['homeserver in the VPN'], 'skip');
  t.is(seen['transport discovery'], 'skip');
  t.is(seen['token check'], 'ok');
});

test('a homeserver that is open to everybody is told also without an address in the VPN', async (t) => {
  t.is(
    (await states({ ...CHAIN, vpnAddress: null }, { homeserverOpen: true }))['homeserver in the VPN'],
    'fail',
  );
});
