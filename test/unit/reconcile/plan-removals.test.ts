import test from 'ava';
import type { ContainerObservation, EngineNetwork } from '../../../agent/engine/types.ts';
import { plan } from '../../../agent/reconcile/plan.ts';
import type { History, Observed } from '../../../agent/reconcile/types.ts';
import { AgentError } from '../../../agent/system/errors.ts';
import { at, container, desire, healthy, history } from './world.ts';

const planned = (observed: Observed, past: History = history) =>
  plan(observed, desire(observed, past), past, at(1_000)).steps;
const kinds = (observed: Observed, past?: History) => planned(observed, past).map(({ kind }) => kind);

/** A healthy machine, and what its engine has beside. */
async function machineWith(
  containers: readonly ContainerObservation[],
  networks: readonly EngineNetwork[] = [],
): Promise<Observed> {
  const machine = await healthy();
  if (!machine.engine.ok) throw new Error('it has an engine');
  const { value } = machine.engine;
  return {
    ...machine,
    engine: { ok: true, value: { ...value, containers: [...value.containers, ...containers], networks } },
  };
}

const SUBNETS = ['172.30.5.0/24', 'fd4a:9c1e:7d30:5::/64'];
const network = (name: string, subnets: readonly string[], isOurs = true): EngineNetwork => ({
  name,
  id: `${name}-id`,
  driver: 'bridge',
  bridge: name,
  subnets,
  isOurs,
  createdAt: '2026-01-01T00:00:00Z',
});
const traefik = container('traefik', 'generation');
const lkJwt = container('lk-jwt', 'generation', { state: 'exited' });

test('services that the configuration names no longer are removed, whether they run or not, and all at once', async (t) => {
  t.deepEqual(planned(await machineWith([traefik, lkJwt])), [
    {
      kind: 'remove-services',
      services: ['traefik', 'lk-jwt'],
      containerIds: ['traefik-id', 'lk-jwt-id'],
      why: 'the configuration names traefik, lk-jwt no longer',
    },
  ]);
});

test('what is not of our making, or is being removed, is left alone', async (t) => {
  t.deepEqual(kinds(await machineWith([container('postgres', '')])), []);
  t.deepEqual(kinds(await machineWith([{ ...traefik, state: 'removing' }])), []);
});

test('a hold goes with its service, even where only the hold is left', async (t) => {
  const since = at(0);
  const hold = { service: 'traefik', reason: '', since, until: 'released', forMs: null } as const;
  const past: History = { ...history, holds: [hold] };
  for (const containers of [[traefik], []]) {
    const [step] = planned(await machineWith(containers), past);
    t.like(step, { kind: 'remove-services', services: ['traefik'] });
  }
  t.deepEqual(kinds(await machineWith([]), { ...history, holds: [{ ...hold, service: 'coturn' }] }), []);
});

test('until the new files are written, and where they are refused, nothing is removed', async (t) => {
  const machine = await machineWith([traefik], [network('appliance_rtc', ['172.30.9.0/24'])]);
  t.deepEqual(kinds({ ...machine, filesOnDisk: new Map() }), ['write-files']);
  t.deepEqual(kinds({ ...machine, secrets: { ok: false, why: 'one is damaged' } }), []);
  t.deepEqual(kinds({ ...machine, images: { ok: true, value: [] } }), []);
  const error = new AgentError({ code: 'CERTIFICATE_REFUSED', message: '', hint: '' });
  t.deepEqual(kinds({ ...machine, certificates: { ok: false, error } }), []);
});

test('another subnet takes down what is on the network, because Compose would keep the network as it is', async (t) => {
  const withSubnets = (...subnets: string[]) => machineWith([], [network('appliance_rtc', subnets)]);
  t.deepEqual(kinds(await withSubnets(...SUBNETS)), []);
  const [down] = planned(await withSubnets('172.30.9.0/24', SUBNETS[1] ?? ''));
  t.like(down, { kind: 'compose-down', services: ['livekit'] }, 'the relay is on the network of the host');
  t.deepEqual(kinds(await withSubnets('172.30.5.0/24')), ['compose-down'], 'made before there was IPv6');
});

test('a network of ours that is named no longer is removed once nothing is on it', async (t) => {
  const networks = [
    network('appliance_rtc', SUBNETS),
    network('appliance_token', ['172.30.6.0/24']),
    network('appliance_foreign', ['172.30.7.0/24'], false),
  ];
  const machine = await machineWith([], networks);
  t.deepEqual(planned(machine), [
    {
      kind: 'remove-network',
      network: { id: 'appliance_token-id', name: 'appliance_token' },
      why: 'the configuration names network appliance_token no longer',
    },
  ]);
  if (!machine.engine.ok) return t.fail();
  const { value } = machine.engine;
  const containers = value.containers.map((one) =>
    one.service === 'livekit'
      ? { ...one, generation: 'before', locked: { ipv4: '172.30.6.3', ipv6: null } }
      : one,
  );
  const onIt: Observed = { ...machine, engine: { ok: true, value: { ...value, containers } } };
  t.deepEqual(kinds(onIt), ['compose-up'], 'who is on it is made anew first');
});
