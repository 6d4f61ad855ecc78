import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findPlugin } from '../../agent/engine/compose-plugin.ts';
import { createEngine } from '../../agent/engine/engine.ts';
import type { ContainerObservation, EngineEvent } from '../../agent/engine/types.ts';
import { run, runOk } from '../../agent/system/processes.ts';
import { ENGINE_COMMANDS, startEngine, type TestEngine } from '../support/engine.ts';
import { IMAGE_COMMANDS, IMAGES } from '../support/images.ts';
import { createMachine, HOST_V4, type Machine } from '../support/machine.ts';
import { needs, testWhen } from '../support/needs.ts';
import { composePlugins, prepareStack, type TestStack } from '../support/stack.ts';

const test = testWhen(needs({ root: true, commands: [...ENGINE_COMMANDS, ...IMAGE_COMMANDS, 'ip'] }));

let machine: Machine;
let stack: TestStack;
let dockerd: TestEngine;

test.before('an engine runs the embedded stack', async () => {
  machine = await createMachine();
  stack = await prepareStack(machine, [HOST_V4]);
  dockerd = stack.dockerd;
  await stack.compose.up({ file: stack.file, services: [], forceRecreate: false });
});
test.after.always('it is taken away', () => machine?.destroy());

async function livekit(): Promise<ContainerObservation> {
  const found = (await stack.engine.containers('appliance')).find(({ service }) => service === 'livekit');
  if (found === undefined) throw new Error('no container of livekit');
  return found;
}

/** What an operator types: `docker compose stop|start|kill SERVICE`. */
async function operator(command: string, service: string): Promise<void> {
  const { path } = await findPlugin(run, composePlugins);
  await runOk(run, path, ['--project-name', 'appliance', '--file', stack.file, command, service], {
    timeoutMs: 60_000,
    env: { DOCKER_HOST: `unix://${dockerd.socket}` },
    code: 'OPERATOR_FAILED',
    hint: '',
  });
}

/**
 * Starts what does not run. After a crash the engine ends what still runs, takes that for an operator's stop, and leaves
 * `unless-stopped` containers as they are (20.10): that is for the agent to see.
 */
async function startAll(): Promise<void> {
  for (const { id } of await stack.engine.containers('appliance')) await stack.engine.start(id);
}

/** Follows the engine in the background and keeps what it is told. */
function follow(since: string | null = null) {
  const events: EngineEvent[] = [];
  const connections: string[] = [];
  const stop = new AbortController();
  const done = stack.engine.follow({
    project: 'appliance',
    signal: stop.signal,
    since,
    onEvent: (event) => events.push(event),
    onConnected: () => connections.push('connected'),
    onDisconnected: () => connections.push('disconnected'),
  });
  return {
    events,
    connections,
    async end() {
      stop.abort();
      await done;
    },
  };
}

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within 15 s: ${what}`);
    await sleep(20);
  }
}

const actionsOf = (events: readonly EngineEvent[], service: string) =>
  events.filter((event) => event.service === service).map(({ action }) => action);

test('an image whose name was taken away is told by the list of containers', async (t) => {
  const { image, imageNamed } = await livekit();
  t.true(imageNamed);
  await stack.engine.removeImage(image);
  t.is(await stack.engine.imageId(image), null);
  t.false((await livekit()).imageNamed);
  const archive = stack.images.find(({ reference }) => reference === image)?.archive ?? '';
  await stack.engine.loadImage(join(IMAGES, archive));
  t.true((await livekit()).imageNamed);
});

test('the engine tells its version and the network of the stack', async (t) => {
  const { version, apiVersion } = await stack.engine.version();
  t.regex(version, /^\d+\.\d+/);
  t.regex(apiVersion, /^1\.\d+$/);
  const network = (await stack.engine.networks()).find(({ name }) => name === 'appliance_rtc');
  t.like(network, { driver: 'bridge', bridge: 'br-appliance', subnets: ['172.30.5.0/24'] });
});

test('kill -9 of a container’s process is told as its death, and the engine starts it again', async (t) => {
  const followed = follow();
  t.teardown(followed.end);
  await until('connected', () => followed.connections.length === 1);
  const before = await livekit();
  if (before.pid === null) throw new Error('livekit does not run');
  process.kill(before.pid, 'SIGKILL');
  await until('started', () => actionsOf(followed.events, 'livekit').includes('start'));
  t.deepEqual(actionsOf(followed.events, 'livekit'), ['die', 'start']);
  const died = followed.events.find(({ action }) => action === 'die');
  t.like(died, { type: 'container', exitCode: 137, signal: null, containerId: before.id });
  const after = await livekit();
  t.is(after.id, before.id);
  t.is(after.restartCount, before.restartCount + 1);
  t.not(after.pid, before.pid);
  // Its address is given up and taken again, which the table must follow.
  const attachments = followed.events.filter(({ type }) => type === 'network');
  t.deepEqual(
    attachments.map(({ action, containerId }) => [action, containerId]),
    [
      ['disconnect', before.id],
      ['connect', before.id],
    ],
  );
});

test('an operator’s stop is told apart from a death by its stop event', async (t) => {
  const followed = follow();
  t.teardown(followed.end);
  await until('connected', () => followed.connections.length === 1);
  // Until then it does not heed SIGTERM, and is killed when its time is over.
  await until('it serves', async () => {
    const url = `http://${(await livekit()).ipv4}:7880/peers`;
    return (await machine.inHost(process.execPath, ['-e', 'fetch(process.argv[1])', url])).exitCode === 0;
  });
  await operator('stop', 'livekit');
  await until('told', () => actionsOf(followed.events, 'livekit').length === 3);
  const [first, ...rest] = actionsOf(followed.events, 'livekit');
  t.is(first, 'kill');
  // Engine 26 tells of the stop some milliseconds before the death, 20.10 after it.
  t.deepEqual(rest.toSorted(), ['die', 'stop']);
  t.is(followed.events.find(({ action }) => action === 'kill')?.signal, 15);
  const stopped = await livekit();
  t.like(stopped, { state: 'exited', exitCode: 0, pid: null, ipv4: null });
  await stack.engine.start(stopped.id);
  t.like(await livekit(), { state: 'running', id: stopped.id });
  await t.notThrowsAsync(stack.engine.start(stopped.id));
});

test('an engine that hangs is timed out, and answers again when it goes on', async (t) => {
  const engine = createEngine({ socket: dockerd.socket, readTimeoutMs: 500 });
  process.kill(dockerd.pid, 'SIGSTOP');
  try {
    await t.throwsAsync(engine.containers('appliance'), { code: 'ENGINE_TIMEOUT' });
  } finally {
    process.kill(dockerd.pid, 'SIGCONT');
  }
  await t.notThrowsAsync(engine.containers('appliance'));
});

test('an engine that is killed and started is followed on, and nothing is told twice', async (t) => {
  const followed = follow();
  t.teardown(followed.end);
  await until('connected', () => followed.connections.length === 1);
  await operator('restart', 'coturn');
  await until('restarted', () => actionsOf(followed.events, 'coturn').includes('restart'));
  await dockerd.kill();
  await until('disconnected', () => followed.connections.includes('disconnected'));
  await t.throwsAsync(stack.engine.version(), { code: 'ENGINE_UNREACHABLE' });
  dockerd = await startEngine({ root: machine.root, netns: machine.hostNamespace });
  await until('connected again', () => followed.connections.length === 3);
  t.deepEqual(followed.connections, ['connected', 'disconnected', 'connected']);
  await startAll();
  await operator('restart', 'coturn');
  const restarts = () => actionsOf(followed.events, 'coturn').filter((action) => action === 'restart');
  await until('restarted again', () => restarts().length >= 2);
  t.is(restarts().length, 2);
  const times = followed.events.map(
    ({ timeNano, action, containerId }) => `${timeNano} ${action} ${containerId}`,
  );
  t.is(new Set(times).size, times.length);
});

test('what happened while nobody followed is told when it resumes', async (t) => {
  const first = follow();
  await until('connected', () => first.connections.length === 1);
  await operator('restart', 'coturn');
  await until('restarted', () => actionsOf(first.events, 'coturn').includes('restart'));
  await first.end();
  const since = first.events.at(-1)?.timeNano ?? null;
  await operator('kill', 'livekit');
  await stack.engine.start((await livekit()).id);
  const second = follow(since);
  t.teardown(second.end);
  await until('told', () => actionsOf(second.events, 'livekit').includes('start'));
  t.deepEqual(actionsOf(second.events, 'livekit'), ['kill', 'die', 'start']);
  t.deepEqual(actionsOf(second.events, 'coturn'), []);
});

test('an engine that shuts down is never seen with containers that it stopped itself', async (t) => {
  const seen: string[] = [];
  let codes = new Set<unknown>();
  let over = false;
  const watcher = (async () => {
    while (!over) {
      try {
        for (const { service, state } of await stack.engine.containers('appliance'))
          seen.push(`${service} ${state}`);
      } catch (error) {
        codes = codes.add((error as { code?: unknown }).code);
      }
      await sleep(2);
    }
  })();
  await sleep(200);
  await dockerd.stop();
  over = true;
  await watcher;
  t.true(seen.length > 0);
  t.deepEqual([...new Set(seen)].sort(), ['coturn running', 'livekit running']);
  t.deepEqual([...codes], ['ENGINE_UNREACHABLE']);
  dockerd = await startEngine({ root: machine.root, netns: machine.hostNamespace });
  await startAll();
});

test('an archive that is cut off is refused with the engine’s words', async (t) => {
  await t.throwsAsync(stack.engine.loadImage(import.meta.filename), {
    code: 'ENGINE_ERROR',
    message: /could not load/,
  });
});
