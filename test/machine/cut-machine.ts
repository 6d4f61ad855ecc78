import { rm } from 'node:fs/promises';
import type { Machine } from '../support/machine.ts';
import {
  BOOT_MS,
  type CameUp,
  comesUp,
  identityOf,
  secretsOf,
  stateOf,
  unfinishedFiles,
} from './appliance-state.ts';
import { databaseOn } from './disk-content.ts';
import { type EmulatedMachine, powerOn } from './emulated-machine.ts';
import type { GuestAgent } from './guest-agent.ts';
import type { MachineImage } from './machine-image.ts';

/** Lines of the agent's journal that tell of what was in the database before. */
const RECORDED =
  /"step":"(?:make-secrets|write-files|load-image|open-forward-path|set-kernel)".*"msg":"([^"]+)"\}/g;

/** A machine that serves. */
export interface Up {
  readonly machine: EmulatedMachine;
  readonly guest: GuestAgent;
  readonly state: CameUp;
  readonly upMs: number;
}

/**
 * A machine that loses its power again and again. Each boot is the proof of how the cut before it went, and is itself
 * cut; what must never be lost is gathered from boot to boot.
 */
export interface CutMachine {
  /** Boots it, and cuts the power when `moment` resolves. */
  cut(moment: (machine: EmulatedMachine) => Promise<void>): Promise<void>;
  /** Boots it until it serves. */
  up(): Promise<Up>;
  /** Compares the secrets of the machine that is on with those that it had before. */
  lookAtSecrets(): Promise<void>;
  /** Cuts the power, and tells what was lost in all: secrets, identity, events, what SQLite finds wrong, unfinished files. */
  losses(): Promise<readonly string[]>;
  destroy(): Promise<void>;
}

/** It has no network interface until one is put into it, which then leads to `network`. */
export function cutMachine(image: MachineImage, disk: string, network: Machine | null): CutMachine {
  const secrets = new Map<string, string>();
  const recorded: string[] = [];
  const lost: string[] = [];
  let identity: string | null = null;
  let running: EmulatedMachine | null = null;

  async function off(): Promise<void> {
    if (running === null) return;
    const journal = running.journal();
    await running.cutPower();
    running = null;
    for (const [, action = ''] of journal.matchAll(RECORDED)) recorded.push(action);
    if (journal.includes('"state":"recovered"')) lost.push('the database was not sound');
  }

  async function boot(): Promise<EmulatedMachine> {
    await off();
    running = await powerOn({ ...image, disk, network, pluggedIn: false });
    return running;
  }

  async function lookAtSecrets(): Promise<void> {
    if (running === null) throw new Error('the machine is off');
    const seen = await secretsOf(await running.guest(BOOT_MS));
    for (const [file, hash] of secrets) if (seen.get(file) !== hash) lost.push(`the secret ${file} changed`);
    for (const [file, hash] of seen) secrets.set(file, hash);
  }

  return {
    async cut(moment) {
      await moment(await boot());
      await off();
    },
    async up() {
      const machine = await boot();
      await lookAtSecrets();
      const guest = await comesUp(machine);
      const upMs = machine.upMs();
      await lookAtSecrets();
      const seen = await identityOf(guest);
      if (identity !== null && seen !== identity) lost.push(`it was ${identity} and is ${seen}`);
      identity = seen;
      lost.push(...(await unfinishedFiles(guest)));
      return { machine, guest, state: await stateOf(guest), upMs };
    },
    lookAtSecrets,
    async losses() {
      await off();
      const { check, actions } = await databaseOn(disk);
      const kept = [...actions];
      const gone = recorded.filter((action) => {
        const place = kept.indexOf(action);
        if (place >= 0) kept.splice(place, 1);
        return place < 0;
      });
      return [
        ...lost,
        ...gone.map((action) => `the event is gone: ${action}`),
        ...(check === 'ok' ? [] : [check]),
      ];
    },
    async destroy() {
      await off();
      await rm(disk, { force: true });
    },
  };
}
