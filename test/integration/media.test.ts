import { join } from 'node:path';
import type { MediaProbeTarget } from '../../agent/probes/media/media-probe.ts';
import type { MediaProbeOutcome } from '../../agent/probes/media/media-probe-process.ts';
import { createMachine, HOST_V4, type Machine } from '../support/machine.ts';
import { needs, testWhen } from '../support/needs.ts';
import { SFU_COMMANDS, startSfu, type TestSfu } from '../support/sfu.ts';

// The SFU is a stand-in with LiveKit's signalling and real ICE. These tests pass with LiveKit 1.13.5 in its place too:
// APPLIANCE_AGENT_LIVEKIT names its program, which CI cannot have.
const test = testWhen(needs({ root: true, commands: ['ip', 'nsenter', 'sysctl', ...SFU_COMMANDS] }));
const PROBE = join(import.meta.dirname, '../../agent/probes/media/media-probe-process.ts');
let machine: Machine;
let sfu: TestSfu;

test.before('an SFU and a relay run', async () => {
  machine = await createMachine();
  sfu = await startSfu(machine);
});
test.after.always('they are taken away', () => machine?.destroy());

async function probe(changes: Partial<MediaProbeTarget> = {}): Promise<MediaProbeOutcome> {
  const target: MediaProbeTarget = { sfu: sfu.access, relay: sfu.relay, ...changes };
  const { stdout } = await machine.inClient(process.execPath, ['--import=tsx', PROBE], {
    input: JSON.stringify(target),
  });
  return JSON.parse(stdout);
}

/** Closes a port of the host to the client while `work` runs. */
async function closed<T>(rule: string, work: () => Promise<T>): Promise<T> {
  const chain = '{ type filter hook input priority 0 ; }';
  const nft = (words: string) => machine.inHost('/usr/sbin/nft', [words]);
  await nft(
    `add table ip closed ; add chain ip closed input ${chain} ; add rule ip closed input ${rule} drop`,
  );
  try {
    return await work();
  } finally {
    await nft('delete table ip closed');
  }
}

test('a participant from outside completes ICE over UDP, over TCP and through the relay', async (t) => {
  const outcome = await probe();
  if (!outcome.ok) return t.fail(outcome.message);
  const { candidates, iceServers, paths, signallingMs } = outcome.report;
  t.deepEqual(candidates.map(({ protocol, address, port }) => `${protocol} ${address} ${port}`).sort(), [
    `tcp ${HOST_V4} 7881`,
    `udp ${HOST_V4} 7882`,
  ]);
  t.deepEqual(iceServers, ['turn:turn.example:3478?transport=udp']);
  t.true(signallingMs > 0);
  for (const [path, verdict] of Object.entries(paths)) {
    t.true(verdict.ok, `${path}: ${verdict.detail}`);
    t.true(verdict.roundTripMs !== null && verdict.roundTripMs < 1000, path);
  }
  t.regex(paths.relay.detail, new RegExp(`^relayed by ${HOST_V4} port \\d+: Binding answered`));
});

test('a closed UDP port is told, and TCP and the relay go on', async (t) => {
  const outcome = await closed('iif != lo udp dport 7882', () => probe());
  if (!outcome.ok) return t.fail(outcome.message);
  const { udp, tcp, relay } = outcome.report.paths;
  t.is(udp.detail, '0 of 3 checks answered within 4000 ms');
  t.true(tcp.ok, tcp.detail);
  t.true(relay.ok, relay.detail);
});

test('a relay that does not answer is told, and the others go on', async (t) => {
  const outcome = await closed('udp dport 3478', () => probe());
  if (!outcome.ok) return t.fail(outcome.message);
  const { udp, tcp, relay } = outcome.report.paths;
  t.true(udp.ok && tcp.ok);
  t.is(relay.detail, 'the STUN server does not answer: no answer within 2000 ms');
});

test('a key that is not the SFU’s gets no room', async (t) => {
  const outcome = await probe({ sfu: { ...sfu.access, secret: 'x'.repeat(48) } });
  t.false(outcome.ok);
  t.regex(outcome.ok ? '' : outcome.message, /invalid token|unauthenticated/i);
});

test('a second probe finds what the first found: it left no room and no participant', async (t) => {
  for (const outcome of [await probe(), await probe()]) t.true(outcome.ok && outcome.report.paths.udp.ok);
});
