import type { ProbeSpec } from '../stack/types.ts';
import { probeHttp } from './http-probe.ts';
import { probeStunBinding } from './stun-probe.ts';
import { probeTcp } from './tcp-probe.ts';
import type { Verdict } from './types.ts';
import { probeUdpEcho } from './udp-echo-probe.ts';
import { failed } from './verdicts.ts';

const TIMEOUT_MS = 2_000;

/** Asks a service all its probes at once: the first that failed speaks for it, else the first of all. */
export async function askAll(specs: readonly ProbeSpec[]): Promise<Verdict> {
  const verdicts = await Promise.all(specs.map(async (spec) => named(spec, await ask(spec))));
  return verdicts.find(({ ok }) => !ok) ?? verdicts[0] ?? failed('tcp', 'it has no address yet');
}

function ask(spec: ProbeSpec): Promise<Verdict> {
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
    case 'stun':
      return probeStunBinding({ host: spec.host, port: spec.port, timeoutMs: TIMEOUT_MS });
  }
}

const named = (spec: ProbeSpec, verdict: Verdict): Verdict => ({
  ...verdict,
  detail: `${spec.kind === 'http' ? spec.url : `${spec.host}:${spec.port}`}: ${verdict.detail}`,
});
