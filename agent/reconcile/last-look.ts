import type { ApplianceConfig } from '../config/schema.ts';
import { type Flow, flowsOf } from '../firewall/flows.ts';
import { DEFAULT_BUDGETS, type ProbeBudgets } from '../probes/budgets.ts';
import type { CommandCheck } from '../probes/command-check.ts';
import type { Lives } from '../probes/types.ts';
import { LIVEKIT } from '../stack/element-call/names.ts';
import { publicAddressesOf } from '../stack/public-addresses.ts';
import type { ProbePlaces, PublishedPort } from '../stack/types.ts';
import type { WatchedService } from '../symptoms/log-watch.ts';
import type { Ours } from '../symptoms/symptoms.ts';
import { reachableAddresses } from './addresses.ts';
import { livesOf } from './lives.ts';
import type { Desired, Observed } from './types.ts';

/** What the newest round saw, for the parts that work beside the loop. */
export interface LastLook {
  /** The configuration in force; null while there is none. */
  config(): ApplianceConfig | null;
  desired(): Desired | null;
  note(observed: Observed, desired: Desired | null): void;
  services(): readonly string[];
  /** Of services whose containers run; while the engine does not answer, of those that did when it last did. */
  lives(): Lives;
  /** Where a service is asked whether it serves. */
  placesOf(service: string): ProbePlaces;
  /** The operator's own check of a service, and where it is to run; null where there is none. */
  checkOf(service: string): Omit<CommandCheck, 'timeoutMs'> | null;
  /** How patient the agent is with a service. */
  budgetsOf(service: string): ProbeBudgets;
  published(): readonly PublishedPort[];
  /** Subnets of the stack's networks, of both families. */
  subnets(): readonly string[];
  publicAddresses(): readonly string[];
  /** The machine's own addresses by which others reach it, of both families. */
  reachableAddresses(): readonly string[];
  /** Whose logs are worth a look. */
  watched(): readonly WatchedService[];
  ours(): Ours;
  /** What must reach the stack from outside; nothing before the first round. */
  traffic(): readonly Flow[];
}

export function createLastLook(): LastLook {
  let config: ApplianceConfig | null = null;
  let desired: Desired | null = null;
  let addresses: readonly string[] = [];
  let watched: readonly WatchedService[] = [];
  let lives: Lives = new Map();
  return {
    config: () => config,
    desired: () => desired,
    note(observed, wanted) {
      config = observed.config;
      desired = wanted;
      const networks = observed.engine.ok ? observed.engine.value.networks : [];
      addresses = reachableAddresses(observed.addresses, networks).map(({ address }) => address);
      if (!observed.engine.ok) return;
      const { containers } = observed.engine.value;
      lives = livesOf(containers);
      watched = containers.map(({ service, id }) => ({
        service,
        containerId: id,
        inTrouble: observed.verdicts.get(service)?.ok !== true,
      }));
    },
    services: () => (desired?.services ?? []).map(({ name }) => name),
    lives: () => lives,
    placesOf(service) {
      const backend = desired?.backends.get(service) ?? null;
      const host = desired?.turnAddresses[0] ?? '127.0.0.1';
      const publicHost = config === null ? undefined : publicAddressesOf(config.network, [host]).get(host);
      return { backend, host, publicHost: publicHost ?? host };
    },
    checkOf(service) {
      const command = config?.services[service]?.check;
      const container = watched.find((one) => one.service === service);
      const life = lives.get(service);
      if (!command || !container || life === undefined) return null;
      return { service, containerId: container.containerId, life, command };
    },
    budgetsOf: (service) => desired?.budgets.get(service) ?? DEFAULT_BUDGETS,
    published: () => (desired?.services ?? []).flatMap(({ published }) => published),
    subnets: () =>
      (desired?.networks ?? []).flatMap(({ subnet, subnet6 }) => [
        subnet,
        ...(subnet6 === null ? [] : [subnet6]),
      ]),
    publicAddresses: () => desired?.publicAddresses ?? [],
    reachableAddresses: () => addresses,
    watched: () => watched,
    ours: () => ({
      serverName: config?.elementCall?.domains.serverName ?? null,
      addresses: [...(desired?.turnAddresses ?? []), ...(desired?.publicAddresses ?? [])],
      sfu: desired?.backends.get(LIVEKIT) ?? null,
    }),
    traffic: () => (desired === null ? [] : flowsOf(desired.services, desired.networks[0])),
  };
}
