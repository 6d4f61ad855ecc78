import type { ProbeSpec } from '../stack/types.ts';
import { probeHttp } from './http-probe.ts';
import { probeStunBinding } from './stun-probe.ts';
import { probeTcp } from './tcp-probe.ts';
import { turnCredential } from './turn-credential.ts';
import { probeTurnRelay } from './turn-probe.ts';
import type { Verdict } from './types.ts';
import { probeUdpEcho } from './udp-echo-probe.ts';
import { failed } from './verdicts.ts';

/** Part of the time limit that each request to a relay on this very host gets: an allocation takes several. */
const OF_A_RELAY = 0.5;
const CREDENTIAL_SECONDS = 60;

export interface AskOptions {
  /** Whether to ask also what is worth asking only now and then. */
  readonly thorough: boolean;
  /** For each answer. */
  readonly timeoutMs: number;
  /** Shared secret of the TURN credentials; null while there is none, and then no relay is asked for. */
  readonly turnSecret: string | null;
  /** The operator's own check, for a service that answers everything else; null where there is none. */
  readonly check: ((due: boolean) => Promise<Verdict | null>) | null;
}

/**
 * Asks a service all its probes at once: the first that failed speaks for it, else the first of all, with what the
 * operator's check says.
 */
export async function askAll(specs: readonly ProbeSpec[], options: AskOptions): Promise<Verdict> {
  const { thorough, turnSecret, timeoutMs } = options;
  const asked = specs.filter(({ kind }) => kind !== 'turn-relay' || (thorough && turnSecret !== null));
  const verdicts = await Promise.all(
    asked.map(async (spec) => named(spec, await ask(spec, turnSecret ?? '', timeoutMs))),
  );
  const verdict = verdicts.find(({ ok }) => !ok) ?? verdicts[0] ?? failed('tcp', 'it has no address yet');
  const checked = verdict.ok && options.check !== null ? await options.check(thorough) : null;
  if (checked === null) return verdict;
  return checked.ok ? { ...verdict, detail: `${verdict.detail}; ${checked.detail}` } : checked;
}

function ask(spec: ProbeSpec, turnSecret: string, timeoutMs: number): Promise<Verdict> {
  switch (spec.kind) {
    case 'http':
      return probeHttp({
        url: spec.url,
        timeoutMs,
        expected: { status: 200, ...(spec.body === undefined ? {} : { body: spec.body }) },
      });
    case 'tcp':
      return probeTcp({ host: spec.host, port: spec.port, timeoutMs, echo: false });
    case 'tcp-echo':
      return probeTcp({ host: spec.host, port: spec.port, timeoutMs, echo: true });
    case 'udp-echo':
      return probeUdpEcho({ host: spec.host, port: spec.port, timeoutMs });
    case 'turn-relay':
      return askRelay(spec, turnSecret, timeoutMs * OF_A_RELAY);
    case 'stun':
      return probeStunBinding({ host: spec.host, port: spec.port, timeoutMs });
  }
}

function askRelay(
  { host, port, transport, peer, echo }: Extract<ProbeSpec, { kind: 'turn-relay' }>,
  secret: string,
  timeoutMs: number,
): Promise<Verdict> {
  return probeTurnRelay({
    server: { address: host, port },
    transport,
    credential: turnCredential(secret, 'appliance-agent', Date.now() / 1000 + CREDENTIAL_SECONDS),
    peer,
    echo,
    timeoutMs,
  });
}

const named = (spec: ProbeSpec, verdict: Verdict): Verdict => ({
  ...verdict,
  detail: `${spec.kind === 'http' ? spec.url : `${spec.host}:${spec.port}`}: ${verdict.detail}`,
});
