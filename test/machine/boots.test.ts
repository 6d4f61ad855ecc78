import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { createMachine, type Machine } from '../support/machine.ts';
import { needs, testWhen } from '../support/needs.ts';
import {
  BOOT_MS,
  type CameUp,
  comesUp,
  consoleTellsServing,
  reaches,
  stateOf,
  tracesOf,
} from './appliance-state.ts';
import { bareCompose } from './bare-compose.ts';
import { answersOutside, SERVED, serviceOutside } from './client.ts';
import { type CutMachine, cutMachine, type Up } from './cut-machine.ts';
import {
  type Additions,
  type EmulatedMachine,
  GUEST_ADDRESS,
  inSeconds,
  powerOn,
} from './emulated-machine.ts';
import { cloneDisk, type MachineImage, machineImage } from './machine-image.ts';

const MINUTE = 60_000;
const SEED = 106;
const RANDOM_CUTS = 10;

/** Each step of provisioning, and what the journal says before it is the next thing to be done, at any boot. */
const STEPS: readonly (readonly [step: string, after: RegExp])[] = [
  ['engine', /Starting docker\.service/],
  ['configuration', /Starting appliance-agent\.service/],
  ['secrets', /"msg":"the agent starts"/],
  ['firewall', /"step":"(?:make-secrets|apply-table)"/],
  ['forward-path', /"step":"apply-table"/],
  ['images', /"step":"open-forward-path"/],
  ['stack', /"step":"(?:load-image|compose-up)"/],
  ['serving', /"step":"compose-up"/],
];
/** How far into the step the power goes at most, milliseconds. */
const INTO_STEP_MS = 2000;

const COMMANDS = 'mmdebstrap mke2fs e2fsck debugfs unshare ip nsenter turnutils_uclient'.split(' ');
const test = testWhen(needs({ root: true, commands: COMMANDS, arch: 'x64' }));
let image: MachineImage;
let network: Machine;
/** The machine whose power is cut again and again. */
let cut: CutMachine;

test.before('an image is made without a network, sealed, and put on a disk', async (t) => {
  t.timeout(8 * MINUTE);
  image = await machineImage();
  network = await createMachine();
  cut = cutMachine(image, await cloneDisk(image, 'cut'), network);
});

test.after.always(async () => {
  await cut?.destroy();
  await network?.destroy();
});

/** What a machine came up to whose power was never cut, and how long it took until it served. */
let uncut: { readonly state: CameUp; readonly servedMs: number };

/** Boots a machine from a disk of its own until it serves a client outside; what `use` makes of it. */
async function served<T>(
  additions: Additions,
  use: (machine: EmulatedMachine, servedMs: number) => Promise<T>,
): Promise<T> {
  const disk = await cloneDisk(image, 'served');
  const machine = await powerOn({ ...image, ...additions, disk, network });
  try {
    await answersOutside(network, BOOT_MS);
    return await use(machine, machine.upMs());
  } finally {
    await machine.cutPower();
    await rm(disk);
  }
}

test('a sealed image comes up unattended at its first boot, and serves a client outside', async (t) => {
  t.timeout(2 * BOOT_MS);
  uncut = await served({}, async (machine, servedMs) => {
    const guest = await comesUp(machine);
    await consoleTellsServing(machine, GUEST_ADDRESS);
    t.deepEqual(await serviceOutside(network, guest), SERVED);
    return { state: await stateOf(guest), servedMs };
  });
});

test('the time of the first boot stands beside that of a bare docker compose up of the same image', async (t) => {
  t.timeout(2 * BOOT_MS);
  const bare = await bareCompose(image);
  try {
    await served(bare, async (machine, bareMs) => {
      t.log(
        `from kernel start to serving, emulated: ${inSeconds(uncut.servedMs)}; bare docker compose up: ${inSeconds(bareMs)}`,
      );
      const guest = await machine.guest(MINUTE);
      t.is((await guest.sh('systemctl is-active appliance-agent.service')).stdout, 'inactive\n');
      t.not((await guest.sh('systemctl is-active bare-compose.service')).stdout, 'failed\n');
    });
  } finally {
    await rm(bare.files);
  }
});

/** Numbers from 0 to 1, evenly distributed, the same at each run; how fast an emulated machine is never is. */
const samples = (count: number): number[] =>
  Array.from({ length: count }, (_, place) => {
    return createHash('sha256').update(`${SEED} ${place}`).digest().readUInt32BE() / 2 ** 32;
  });

/** The power goes in this step; the next boot gets to the next of them, and so proves this one. */
async function cutIn(
  t: ExecutionContext,
  [step, after]: (typeof STEPS)[number],
  part: number,
): Promise<void> {
  await cut.cut(async (machine) => {
    await cut.lookAtSecrets();
    const isIn = await reaches(machine, after);
    await sleep(part * INTO_STEP_MS);
    t.log(`cut ${inSeconds(machine.upMs())} after the kernel's start: ${step}${isIn ? '' : ' was over'}`);
  });
}

/** What it is once it has come up for the first time. */
let firstUp: Up;

test('the power goes in each step of a first boot without a network interface: it comes up', async (t) => {
  t.timeout(6 * BOOT_MS);
  const parts = samples(STEPS.length);
  for (const [place, step] of STEPS.entries()) await cutIn(t, step, parts[place] ?? 0);
  firstUp = await cut.up();
  t.log(`served after ${inSeconds(firstUp.upMs)}`);
  await consoleTellsServing(firstUp.machine, 'no network yet');
  t.regex((await firstUp.guest.sh('ss --no-header --numeric --udp --listening')).stdout, /127\.0\.0\.1:3478/);
  const { overall, provisioning } = firstUp.state;
  t.is(overall, 'ok');
  t.deepEqual(provisioning.toSorted(), STEPS.map(([name]) => `${name} done`).toSorted());
});

test('a network interface that appears then is enough: it serves a client outside, in the same state as a machine that was never cut off', async (t) => {
  t.timeout(BOOT_MS);
  const { machine, guest } = firstUp;
  await machine.plugIn();
  await consoleTellsServing(machine, GUEST_ADDRESS);
  await answersOutside(network, BOOT_MS);
  t.deepEqual(await serviceOutside(network, guest), SERVED);
  t.deepEqual(await stateOf(guest), uncut.state);
});

test(`the power goes ${RANDOM_CUTS} times at random after that: it comes up as before, with nothing lost, and nothing of the network that was there`, async (t) => {
  t.timeout((RANDOM_CUTS + 2) * BOOT_MS);
  const moments = samples(RANDOM_CUTS).map((part) => part * uncut.servedMs);
  t.log(`cut after ${moments.map(inSeconds).join(', ')} (seed ${SEED})`);
  for (const moment of moments) await cut.cut(() => sleep(moment));
  const { machine, guest, state } = await cut.up();
  t.deepEqual(state, firstUp.state);
  t.deepEqual(await tracesOf(GUEST_ADDRESS, guest), { files: '', listening: '', rules: '' });
  await consoleTellsServing(machine, 'no network yet');
  t.deepEqual(await cut.losses(), []);
});
