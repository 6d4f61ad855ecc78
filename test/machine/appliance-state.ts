import { setTimeout as sleep } from 'node:timers/promises';
import type { Status } from '../../agent/control/status.ts';
import type { EmulatedMachine } from './emulated-machine.ts';
import type { GuestAgent } from './guest-agent.ts';

const MINUTE = 60_000;
/** An emulated machine is slow, and slower yet where others work beside it. */
export const BOOT_MS = 10 * MINUTE;
const LOOK_EVERY_MS = 100;
/** To be asked costs the emulated machine time; that its console is looked at does not. */
const ASK_EVERY_MS = 5000;

/** Waits until a machine says that it serves, all of it. Rejects with its last words when it does not. */
export async function comesUp(machine: EmulatedMachine): Promise<GuestAgent> {
  const guest = await machine.guest(BOOT_MS);
  for (;;) {
    const status = await statusOf(guest);
    if (status?.overall === 'ok') return guest;
    if (machine.upMs() > BOOT_MS) {
      const problems = status?.problems.map(({ code, evidence }) => `${code}: ${evidence}`) ?? ['no status'];
      throw new Error(
        `not up after ${BOOT_MS} ms: ${problems.join('; ')}\n${machine.journal().slice(-4000)}`,
      );
    }
    const askAgainAt = machine.upMs() + ASK_EVERY_MS;
    while (machine.upMs() < askAgainAt && !(await bannerOf(machine)).serves) await sleep(LOOK_EVERY_MS);
  }
}

/** The status that the agent wrote in this boot; null while there is none. */
async function statusOf(guest: GuestAgent): Promise<Status | null> {
  const { stdout } = await guest.sh('cat /run/appliance-agent/status.json 2>/dev/null', MINUTE);
  return stdout === '' ? null : JSON.parse(stdout);
}

/** What must be the same on every machine of an image, however often the power went while it came up. */
export interface CameUp {
  readonly overall: string;
  readonly problems: readonly string[];
  readonly provisioning: readonly string[];
  readonly services: readonly string[];
  readonly firewall: string;
  readonly published: readonly string[];
  readonly containers: readonly string[];
  /** Of the files of the engine's images, by path and size: an image that lost content differs. */
  readonly layers: string;
}

/** Not all layers that are there: of a load that was cut off Docker keeps what it had unpacked, and uses it for nothing. */
const FILES_OF_IMAGES = `files=$(for folder in $(docker image ls --quiet |
  xargs docker image inspect --format '{{.GraphDriver.Data.UpperDir}} {{index .GraphDriver.Data "LowerDir"}}' | tr ':' ' ')
do [ ! -d "$folder" ] || (cd "$folder" && find . -type f -printf '%p %s\\n'); done | sort)
[ -z "$files" ] || echo "$files" | sha256sum`;

/** The state of a machine that serves. */
export async function stateOf(guest: GuestAgent): Promise<CameUp> {
  const status = await statusOf(guest);
  if (status === null) throw new Error('there is no status');
  const { overall, problems, provisioning, services, firewall } = status;
  const told = async (script: string) => (await guest.sh(script, MINUTE)).stdout.trim();
  const layers = await told(FILES_OF_IMAGES);
  if (layers === '') throw new Error('no image of the engine has a file');
  return {
    overall,
    problems: problems.map(({ code }) => code),
    provisioning: provisioning.steps.map(({ name, state }) => `${name} ${state}`),
    services: services.map(({ name, state, probe }) => `${name} ${state} ${probe?.ok}`),
    firewall: firewall.state,
    published: firewall.published.map(({ protocol, port, service }) => `${port}/${protocol} ${service}`),
    containers: (await told('docker ps --all --format "{{.Names}} {{.Image}} {{.State}}" | sort')).split(
      '\n',
    ),
    layers,
  };
}

/** What a machine is known by and keeps for good: its machine-id, and the marker of its first boot. */
export async function identityOf(guest: GuestAgent): Promise<string> {
  const marker = '/var/lib/appliance-agent/provisioned';
  const { stdout } = await guest.sh(
    `until test -s ${marker}; do sleep 0.5; done; cat /etc/machine-id ${marker}`,
    MINUTE,
  );
  return stdout;
}

/** Where an address is still known that the machine had at a boot before. */
export async function tracesOf(address: string, guest: GuestAgent): Promise<Record<string, string>> {
  const found = async (script: string) => (await guest.sh(script, MINUTE)).stdout;
  return {
    files: await found(`grep -rl -F ${address} /var/lib/appliance-agent/stack`),
    listening: await found(`ss --no-header --numeric --udp --tcp --listening | grep -F ${address}`),
    rules: await found(`nft list table inet appliance | grep -F ${address}`),
  };
}

/** Files that were being written when the power went, and are still there. */
export async function unfinishedFiles(guest: GuestAgent): Promise<readonly string[]> {
  const { stdout } = await guest.sh('find /etc /var/lib/appliance-agent -name "*.tmp"', MINUTE);
  return stdout.split('\n').filter((line) => line !== '');
}

/** SHA-256 of each secret that the machine has, by its file; none before the first is made. */
export async function secretsOf(guest: GuestAgent): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await guest.sh('cd /var/lib/appliance-agent/secrets 2>/dev/null && sha256sum *', MINUTE);
  const lines = stdout.split('\n').filter((line) => line !== '' && !line.endsWith('.tmp'));
  return new Map(lines.map((line): [string, string] => [line.slice(66), line.slice(0, 64)]));
}

/**
 * Resolves when the console says that all services are serving and, at its end, where the machine is reached; rejects
 * with what it says in its place.
 */
export async function consoleTellsServing(machine: EmulatedMachine, where: string): Promise<void> {
  const begun = machine.upMs();
  for (;;) {
    const { serves, reach } = await bannerOf(machine);
    if (serves && reach.endsWith(`  ${where}`)) return;
    if (machine.upMs() - begun > MINUTE) throw new Error(`the console says: ${await machine.console()}`);
    await sleep(LOOK_EVERY_MS);
  }
}

/** What stands last on its console. */
async function bannerOf(machine: EmulatedMachine): Promise<{ serves: boolean; reach: string }> {
  const banner = (await machine.console()).replaceAll('\r', '').split('appliance-agent ').at(-1) ?? '';
  const [state = '', reach = ''] = banner.split('\n');
  return { serves: state.endsWith(': OK, all services are serving'), reach };
}

/** Resolves to true when the journal says so, and to false when the machine serves: then it is past that. */
export async function reaches(machine: EmulatedMachine, pattern: RegExp): Promise<boolean> {
  for (;;) {
    if (pattern.test(machine.journal())) return true;
    if ((await bannerOf(machine)).serves) return false;
    if (machine.upMs() > BOOT_MS) {
      throw new Error(`no ${pattern} after ${BOOT_MS} ms:\n${machine.journal().slice(-4000)}`);
    }
    await sleep(LOOK_EVERY_MS);
  }
}
