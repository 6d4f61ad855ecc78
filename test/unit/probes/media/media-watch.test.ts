import test from 'ava';
import type { PathVerdict } from '../../../../agent/probes/media/check-path.ts';
import type { MediaProbeTarget, MediaReport } from '../../../../agent/probes/media/media-probe.ts';
import { createMediaWatch, type MediaTarget } from '../../../../agent/probes/media/media-watch.ts';

const START = Date.UTC(2026, 10, 22, 13);
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HERE = '203.0.113.10';

const works: PathVerdict = { ok: true, roundTripMs: 0.4, detail: 'Binding answered' };
const fails: PathVerdict = { ok: false, roundTripMs: null, detail: '0 of 3 checks answered within 4000 ms' };
const well: MediaReport = {
  serverVersion: '1.13.5',
  signallingMs: 60,
  iceServers: ['turn:rtc.example.org:3478?transport=udp'],
  candidates: [
    { protocol: 'udp', address: HERE, port: 7882, type: 'host' },
    { protocol: 'tcp', address: HERE, port: 7881, type: 'host' },
  ],
  paths: { udp: works, tcp: works, relay: works },
};
const sfu: MediaProbeTarget = {
  sfu: { host: '172.30.5.3', port: 7880, key: 'API', secret: 'secret' },
  relay: { address: HERE, port: 3478 },
};
const asked = (key: string): MediaTarget => ({ kind: 'ask', key, probe: sfu, addresses: [HERE] });

function watching() {
  let now = 0;
  let target: MediaTarget = asked('one');
  let report: MediaReport | Error = well;
  const askedAt: number[] = [];
  let changes = 0;
  const watch = createMediaWatch({
    clock: {
      now: () => ({ bootId: 'boot', monotonicMs: now, wall: new Date(START + now).toISOString() }),
    },
    target: () => target,
    probe: async () => {
      askedAt.push(now);
      if (report instanceof Error) throw report;
      return report;
    },
    onChange: () => {
      changes += 1;
    },
  });
  return {
    askedAt,
    changes: () => changes,
    fact: watch.fact,
    states() {
      const fact = watch.fact();
      if (!fact.known) return fact.why;
      return fact.value?.paths.map(({ path, ok }) => `${path} ${ok}`).join(', ') ?? null;
    },
    set(to: { target?: MediaTarget; report?: MediaReport | Error }) {
      target = to.target ?? target;
      report = to.report ?? report;
    },
    /** Time goes by as the agent's beat divides it. */
    async pass(ms: number) {
      for (const end = now + ms; now < end; ) {
        now += 30 * SECOND;
        await watch.beat();
      }
    },
  };
}

const ALL_WELL = 'signalling true, udp true, tcp true, relay true';

test('an SFU is asked a minute after it is there, then every ten minutes', async (t) => {
  const watch = watching();
  t.is(watch.states(), 'media was not probed yet');
  await watch.pass(25 * MINUTE);
  t.deepEqual(watch.askedAt, [1.5 * MINUTE, 11.5 * MINUTE, 21.5 * MINUTE]);
  t.is(watch.states(), ALL_WELL);
  t.is(watch.changes(), 3);
});

test('one miss is asked about again and believed the second time, with since when; one answer ends it', async (t) => {
  const watch = watching();
  await watch.pass(2 * MINUTE);
  watch.set({ report: { ...well, paths: { ...well.paths, udp: fails } } });
  await watch.pass(9.5 * MINUTE);
  t.is(watch.states(), ALL_WELL);
  await watch.pass(30 * SECOND);
  t.is(watch.states(), 'signalling true, udp false, tcp true, relay true');
  t.deepEqual(watch.askedAt, [1.5 * MINUTE, 11.5 * MINUTE, 12 * MINUTE]);
  const fact = watch.fact();
  t.like(fact.known ? fact.value?.paths[1] : null, {
    path: 'udp',
    since: new Date(START + 11.5 * MINUTE).toISOString(),
    detail: fails.detail,
  });
  watch.set({ report: well });
  await watch.pass(2 * MINUTE);
  t.is(watch.states(), ALL_WELL);
});

test('when nobody gets into a room, what was known of the paths is neither forgotten nor blamed', async (t) => {
  const watch = watching();
  await watch.pass(2 * MINUTE);
  watch.set({ report: new Error('closed by the SFU') });
  await watch.pass(11 * MINUTE);
  t.is(watch.states(), 'signalling false, udp true, tcp true, relay true');
});

test('nothing is claimed of an SFU that is made anew, does not serve, or is none', async (t) => {
  const watch = watching();
  await watch.pass(2 * MINUTE);
  watch.set({ target: asked('another') });
  await watch.pass(30 * SECOND);
  t.is(watch.states(), 'media was not probed yet');
  watch.set({ target: { kind: 'lost', why: 'livekit does not serve' } });
  t.is(watch.states(), 'livekit does not serve');
  watch.set({ target: { kind: 'none' } });
  t.is(watch.states(), null);
});

test('while it has to wait, what is known stays, with when it was seen', async (t) => {
  const watch = watching();
  await watch.pass(2 * MINUTE);
  watch.set({ target: { kind: 'later', why: 'memory is short' } });
  await watch.pass(30 * MINUTE);
  t.deepEqual(watch.askedAt, [1.5 * MINUTE]);
  t.is(watch.states(), ALL_WELL);
  const fact = watch.fact();
  t.is(fact.known ? fact.value?.at : null, new Date(START + 1.5 * MINUTE).toISOString());
});

for (const [what, report, fault] of [
  [
    'an address of a container',
    { ...well, candidates: well.candidates.map((one) => ({ ...one, address: '172.30.5.3' })) },
    /announces 172\.30\.5\.3:7881\/tcp, 172\.30\.5\.3:7882\/udp, not 203/,
  ],
  [
    'a STUN server of somebody else',
    { ...well, iceServers: ['stun:stun.example.net:19302'] },
    /told of stun:stun\.example\.net:19302/,
  ],
  ['no relay', { ...well, iceServers: [] }, /told of no relay/],
] as const) {
  test(`${what} is told of at once`, async (t) => {
    const watch = watching();
    watch.set({ report });
    await watch.pass(2 * MINUTE);
    const fact = watch.fact();
    t.regex((fact.known && fact.value?.fault) || '', fault);
  });
}
