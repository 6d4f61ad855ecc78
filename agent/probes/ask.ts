import type { ProbeSpec } from '../stack/types.ts';
import { probeHttp } from './http-probe.ts';
import { probeStunBinding } from './stun-probe.ts';
import { probeTcp } from './tcp-probe.ts';
import { turnCredential } from './turn-credential.ts';
import { probeTurnRelay } from './turn-probe.ts';
import type { Verdict } from './types.ts';
import { probeUdpEcho } from './udp-echo-probe.ts';
import { failed } from './verdicts.ts';

const TIMEOUT_MS = 2_000;
/** A request to a relay on this very host. */
const RELAY_TIMEOUT_MS = 1_000;
const CREDENTIAL_SECONDS = 60;

export interface AskOptions {
  /** Whether to ask also what is worth asking only now and then. */
  readonly thorough: boolean;
  /** Shared secret of the TURN credentials; null while there is none, and then no relay is asked for. */
  readonly turnSecret: string | null;
}

/** Asks a service all its probes at once: the first that failed speaks for it, else the first of all. */
export async function askAll(specs: readonly ProbeSpec[], options: AskOptions): Promise<Verdict> {
  const { thorough, turnSecret } = options;
  const asked = specs.filter(({ kind }) => kind !== 'turn-relay' || (thorough && turnSecret !== null));
  const verdicts = await Promise.all(
    asked.map(async (spec) => named(spec, await ask(spec, turnSecret ?? ''))),
  );
  return verdicts.find(({ ok }) => !ok) ?? verdicts[0] ?? failed('tcp', 'it has no address yet');
}

function ask(spec: ProbeSpec, turnSecret: string): Promise<Verdict> {
  switch (spec.kind) {
    case 'http':
      return probeHttp({
        url: spec.url,
        timeoutMs: TIMEOUT_MS,
        expected: { status: 200, ...(spec.body === undefined ? {} : { body: spec.body }) },
      });
    case 'tcp':
      return probeTcp({ host: spec.host, port: spec.port, timeoutMs: TIMEOUT_MS, echo: false });
    case 'tcp-echo':
      return probeTcp({ host: spec.host, port: spec.port, timeoutMs: TIMEOUT_MS, echo: true });
    case 'udp-echo':
      return probeUdpEcho({ host: spec.host, port: spec.port, timeoutMs: TIMEOUT_MS });
    case 'turn-relay':
      return askRelay(spec, turnSecret);
    case 'stun':
      return probeStunBinding({ host: spec.host, port: spec.port, timeoutMs: TIMEOUT_MS });
  }
}

function askRelay(
  { host, port, transport, peer, echo }: Extract<ProbeSpec, { kind: 'turn-relay' }>,
  secret: string,
): Promise<Verdict> {
  return probeTurnRelay({
    server: { address: host, port },
    transport,
    credential: turnCredential(secret, 'appliance-agent', Date.now() / 1000 + CREDENTIAL_SECONDS),
    peer,
    echo,
    timeoutMs: RELAY_TIMEOUT_MS,
  });
}

const named = (spec: ProbeSpec, verdict: Verdict): Verdict => ({
  ...verdict,
  detail: `${spec.kind === 'http' ? spec.url : `${spec.host}:${spec.port}`}: ${verdict.detail}`,
});
