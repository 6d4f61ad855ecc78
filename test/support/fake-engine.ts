import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parse } from 'yaml';
import type { Compose, Engine, EngineEvent } from '../../agent/engine/types.ts';
import type { EngineUnit } from '../../agent/engine/unit.ts';
import { AgentError } from '../../agent/system/errors.ts';
import { type FakeContainer, freshContainer } from './fake-container.ts';

type Listener = (event: EngineEvent) => void;

/** An engine in memory that behaves as a real 20.10 was seen to: test/integration/healing.test.ts holds the real one. */
export interface FakeEngine {
  readonly engine: Engine;
  readonly compose: Compose;
  readonly unit: EngineUnit;
  onEvent: Listener;
  /** `kill -9` of the process: with `policy`, the engine starts it again at once, as `unless-stopped` does. */
  crash(service: string, policy: boolean): void;
  stop(service: string): void;
  start(service: string): void;
  remove(service: string): void;
  move(service: string): void;
  /** Nothing answers until `up`; a crash leaves containers running, and the start then stops them. */
  down(): void;
  up(): void;
  /** Services whose image the engine does not have. */
  readonly missing: Set<string>;
  /** Services whose process ends as soon as it is started, until their image is loaded anew. */
  readonly broken: Set<string>;
  /** The same, until what they are on is taken down. */
  readonly misled: Set<string>;
  /** Services that run and do not answer, until they are started anew. */
  readonly silent: Set<string>;
  addressOf(service: string): string | null;
  isRunning(service: string): boolean;
}

/** `nowMs` is the engine's clock, milliseconds since the epoch. */
export function createFakeEngine(nowMs: () => number): FakeEngine {
  const containers = new Map<string, FakeContainer>();
  let nextAddress = 2;
  let serial = 0;
  let startedAtMs = nowMs();
  let reachable = true;
  const missing = new Set<string>();
  const broken = new Set<string>();
  const misled = new Set<string>();
  const silent = new Set<string>();

  const newAddress = () => `172.30.5.${2 + (nextAddress++ % 200)}`;
  const emit = (
    service: string,
    action: string,
    exitCode: number | null = null,
    signal: number | null = null,
  ) =>
    fake.onEvent({
      type: 'container',
      action,
      service,
      containerId: containers.get(service)?.id ?? `${service}-gone`,
      exitCode,
      signal,
      timeNano: `${nowMs()}000000`,
    });
  const change = (service: string, changes: Partial<FakeContainer>) => {
    const container = containers.get(service);
    if (container) containers.set(service, { ...container, ...changes });
  };
  const end = (service: string, exitCode: number) => {
    if (containers.get(service)?.state !== 'running') return;
    change(service, { state: 'exited', exitCode, ipv4: null, ipv6: null, pid: null });
    emit(service, 'die', exitCode);
  };
  const begin = (service: string) => {
    if (!containers.has(service) || containers.get(service)?.state === 'running') return;
    change(service, {
      state: 'running',
      exitCode: null,
      ipv4: service === 'livekit' ? newAddress() : null,
      pid: 1,
    });
    silent.delete(service);
    emit(service, 'start');
    if (broken.has(service) || misled.has(service)) end(service, 1);
  };
  const serviceOf = (id: string) => [...containers.values()].find((one) => one.id === id)?.service ?? '';
  const answer = <T>(value: () => T): Promise<T> =>
    reachable
      ? Promise.resolve(value())
      : Promise.reject(new AgentError({ code: 'ENGINE_UNREACHABLE', message: 'no socket', hint: '' }));

  const fake: FakeEngine = {
    onEvent: () => undefined,
    missing,
    broken,
    misled,
    silent,
    engine: {
      version: () => answer(() => ({ version: '20.10.24', apiVersion: '1.41' })),
      containers: () =>
        answer(() =>
          [...containers.values()].map((one) => ({ ...one, imageNamed: !missing.has(one.service) })),
        ),
      networks: () =>
        answer(() => [
          {
            name: 'bridge',
            id: 'b',
            driver: 'bridge',
            bridge: 'docker0',
            subnets: [],
            isOurs: false,
            createdAt: new Date(startedAtMs).toISOString(),
          },
        ]),
      imageId: (reference) => answer(() => (missing.has(serviceOfImage(reference)) ? null : 'sha256:0')),
      loadImage: (archive) =>
        answer(() => {
          const service = basename(archive, '.tar');
          missing.delete(service);
          broken.delete(service);
        }),
      start: (id) => answer(() => begin(serviceOf(id))),
      restart: (id) =>
        answer(() => {
          const service = serviceOf(id);
          end(service, 143);
          begin(service);
        }),
      kill: (id) => answer(() => end(serviceOf(id), 143)),
      stop: (id) => answer(() => fake.stop(serviceOf(id))),
      removeContainer: (id) => answer(() => fake.remove(serviceOf(id))),
      removeNetwork: () => Promise.reject(new Error('the fake engine has no network of ours')),
      removeImage: (reference) => answer(() => void missing.add(serviceOfImage(reference))),
      removeUnusedImage: () => Promise.reject(new Error('no test removes images for their size here')),
      exec: () => Promise.reject(new Error('nothing runs in a fake container')),
      execExitCode: () => Promise.reject(new Error('nothing runs in a fake container')),
      follow: () => Promise.resolve(),
    },
    unit: {
      available: true,
      state: async () => ({ kind: 'other' }),
      restart: async () => fake.up(),
    },
    compose: {
      version: () => Promise.resolve('2.26.1'),
      async up({ file, services, forceRecreate }) {
        const { services: rendered } = parse(await readFile(file, 'utf8'));
        await answer(() => undefined);
        for (const service of services) {
          if (missing.has(service)) throw new Error(`there is no image for ${service}`);
          const generation: string = rendered[service].labels['org.appliance-agent.generation'];
          const present = containers.get(service);
          if (!forceRecreate && present?.generation === generation) begin(service);
          else {
            fake.remove(service);
            containers.set(service, freshContainer(service, generation, `${service}-${serial++}`));
            begin(service);
          }
        }
      },
      down: ({ services }) =>
        answer(() => {
          for (const service of services) {
            fake.remove(service);
            misled.delete(service);
          }
        }),
    },
    crash(service, policy) {
      end(service, 137);
      if (policy) begin(service);
    },
    stop(service) {
      if (containers.get(service)?.state !== 'running') return;
      emit(service, 'kill', null, 15);
      end(service, 143);
      emit(service, 'stop');
    },
    start: begin,
    remove(service) {
      end(service, 137);
      if (!containers.has(service)) return;
      emit(service, 'destroy');
      containers.delete(service);
    },
    move(service) {
      if (containers.get(service)?.state === 'running' && service === 'livekit')
        change(service, { ipv4: newAddress() });
    },
    down() {
      reachable = false;
    },
    up() {
      if (reachable) return;
      for (const service of containers.keys()) fake.stop(service);
      startedAtMs = nowMs() + 1;
      reachable = true;
    },
    addressOf: (service) => containers.get(service)?.ipv4 ?? null,
    isRunning: (service) => containers.get(service)?.state === 'running',
  };
  return fake;
}

/** `appliance-agent/livekit:1` */
const serviceOfImage = (reference: string) => basename(reference).split(':')[0] ?? '';
