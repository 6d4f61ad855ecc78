import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { parseChecked } from '../../../agent/engine/answers.ts';
import { byService, toNetwork, toObservation } from '../../../agent/engine/observations.ts';
import { containerSchema, networkListSchema } from '../../../agent/engine/schemas.ts';
import { AgentError } from '../../../agent/system/errors.ts';

/** Answers of Docker Engine 20.10.24 to an appliance whose stack was brought up by Compose 2.26.1. */
const recorded = (name: string) => readFile(join(import.meta.dirname, 'recorded', name), 'utf8');
const observation = async (name: string) =>
  toObservation(parseChecked(await recorded(name), containerSchema, 'recorded'), 'appliance', '');

test('a running container on the bridge is seen with its address and process, and without an exit code', async (t) => {
  t.like(await observation('container-running.json'), {
    name: 'appliance-livekit-1',
    service: 'livekit',
    state: 'running',
    exitCode: null,
    oomKilled: false,
    restartCount: 0,
    ipv4: '172.30.5.2',
    finishedAt: null,
    error: '',
  });
  const { pid, generation, imageId, startedAt } = await observation('container-running.json');
  t.true(pid !== null && pid > 0);
  t.regex(generation, /^[0-9a-f]{12}$/);
  t.regex(imageId, /^sha256:[0-9a-f]{64}$/);
  t.regex(startedAt ?? '', /^2026-11-22T/);
});

test('a container that the engine started again by itself shows it in its restart count', async (t) => {
  const seen = await observation('container-restarted.json');
  t.is(seen.restartCount, 1);
  t.is(seen.state, 'running');
  t.regex(seen.finishedAt ?? '', /^2026-11-22T/);
});

test('a stopped container has an exit code, and neither process nor address', async (t) => {
  t.like(await observation('container-exited.json'), {
    service: 'coturn',
    state: 'exited',
    exitCode: 137,
    pid: null,
    ipv4: null,
  });
});

test('a container on the host network has no address of its own', async (t) => {
  const answer = parseChecked(await recorded('container-exited.json'), containerSchema, 'recorded');
  const running = { ...answer, State: { ...answer.State, Status: 'running' as const, Pid: 4711 } };
  const seen = toObservation(running, 'appliance', '');
  t.is(seen.ipv4, null);
  t.is(seen.pid, 4711);
  t.is(seen.exitCode, null);
});

test('an address on another network is not the one that ports are published to', async (t) => {
  const answer = parseChecked(await recorded('container-running.json'), containerSchema, 'recorded');
  t.is(toObservation(answer, 'another', '').ipv4, null);
});

test('on two networks a container has two addresses, and each is known by its network', async (t) => {
  const answer = parseChecked(await recorded('container-running.json'), containerSchema, 'recorded');
  const Networks = {
    ...answer.NetworkSettings.Networks,
    appliance_token: { IPAddress: '172.30.6.2', GlobalIPv6Address: 'fd00:6::2' },
  };
  const { ipv4, locked } = toObservation({ ...answer, NetworkSettings: { Networks } }, 'appliance', '');
  t.is(ipv4, '172.30.5.2');
  t.deepEqual(locked, { ipv4: '172.30.6.2', ipv6: 'fd00:6::2' });
  const { appliance_token } = Networks;
  const disconnected = toObservation(
    { ...answer, NetworkSettings: { Networks: { appliance_token } } },
    'appliance',
    '',
  );
  t.is(disconnected.ipv4, null, 'nothing is published to the network of a locked service');
});

test('whether the engine still has the image under its name is told by what it lists', async (t) => {
  const answer = parseChecked(await recorded('container-running.json'), containerSchema, 'recorded');
  t.true(toObservation(answer, 'appliance', answer.Config.Image).imageNamed);
  t.false(toObservation(answer, 'appliance', answer.Image).imageNamed);
});

test('two containers of one service stand beside each other, in an order that does not change', async (t) => {
  const livekit = await observation('container-running.json');
  const coturn = await observation('container-exited.json');
  const second = { ...livekit, id: `0${livekit.id}` };
  t.deepEqual([livekit, second, coturn].sort(byService), [coturn, ...[livekit, second].sort(byService)]);
  t.deepEqual([second, coturn, livekit].sort(byService), [livekit, second, coturn].sort(byService));
});

test('networks are seen with their subnets and the name of their interface', async (t) => {
  const networks = parseChecked(await recorded('networks.json'), networkListSchema, 'recorded').map(
    toNetwork,
  );
  t.like(
    networks.find(({ name }) => name === 'appliance_rtc'),
    { driver: 'bridge', bridge: 'br-appliance', subnets: ['172.30.5.0/24'], isOurs: true },
  );
  t.like(
    networks.find(({ name }) => name === 'host'),
    { driver: 'host', bridge: null, subnets: [], isOurs: false },
  );
  t.is(networks.find(({ name }) => name === 'bridge')?.bridge, 'docker0');
});

test('a bridge without a chosen name has the interface that the engine names after its id', (t) => {
  const Id = 'a25a9b3aefdc41f0a1b2c3d4e5f60718293a4b5c6d7e8f900112233445566778';
  t.is(
    toNetwork({ Name: 'other', Id, Driver: 'bridge', Created: '2026-01-01T00:00:00Z' }).bridge,
    'br-a25a9b3aefdc',
  );
});

test('an answer that lacks what its API promises is refused, and the error names the field', async (t) => {
  const text = (await recorded('container-running.json')).replace('"OOMKilled": false,', '');
  const error = t.throws(() => parseChecked(text, containerSchema, 'GET /containers/x/json'), {
    instanceOf: AgentError,
  });
  t.is(error.code, 'ENGINE_ERROR');
  t.regex(error.message, /OOMKilled/);
});
