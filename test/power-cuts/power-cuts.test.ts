import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { BOOT_MS, consoleTellsServing, reaches, tracesOf } from '../machine/appliance-state.ts';
import { answersOutside, SERVED, serviceOutside } from '../machine/client.ts';
import { GUEST_ADDRESS, inSeconds } from '../machine/emulated-machine.ts';
import { cloneDisk, machineImage } from '../machine/machine-image.ts';
import { createMachine, type Machine } from '../support/machine.ts';
import { needs, testWhen } from '../support/needs.ts';
import { type CutMachine, cutMachine } from './cut-machine.ts';

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

const COMMANDS =
  'mmdebstrap mke2fs e2fsck debugfs unshare qemu-system-x86_64 ip nsenter turnutils_uclient'.split(' ');
const test = testWhen(needs({ root: true, commands: COMMANDS, arch: 'x64' }));
let network: Machine;
/** Two beside each other, for each keeps little more than one core of this machine busy. */
let machines: readonly [CutMachine, CutMachine];

test.before('an image is made without a network, sealed, and put on two disks', async (t) => {
  t.timeout(8 * MINUTE);
  const image = await machineImage();
  network = await createMachine();
  machines = [
    cutMachine(image, await cloneDisk(image, 'cut-1'), network),
    cutMachine(image, await cloneDisk(image, 'cut-2'), null),
  ];
});

test.after.always(async () => {
  for (const machine of machines ?? []) await machine.destroy();
  await network?.destroy();
});

/** Numbers from 0 to 1, evenly distributed, the same at each run; how fast an emulated machine is never is. */
const samples = (count: number): number[] =>
  Array.from({ length: count }, (_, place) => {
    return createHash('sha256').update(`${SEED} ${place}`).digest().readUInt32BE() / 2 ** 32;
  });

const bothOf = async <T>(use: (machine: CutMachine, index: number) => Promise<T>): Promise<[T, T]> => {
  const [first, second] = machines;
  return Promise.all([use(first, 0), use(second, 1)]);
};

const namesOf = (steps: typeof STEPS) => steps.map(([name]) => name);

/** The power goes in these steps, one a boot; the next boot gets to the next of them, and so proves the one before. */
async function cutInSteps(t: ExecutionContext, machine: CutMachine, steps: typeof STEPS): Promise<void> {
  for (const [step, after] of steps) {
    const delay = (samples(STEPS.length)[STEPS.findIndex(([name]) => name === step)] ?? 0) * INTO_STEP_MS;
    await machine.cut(async (booted) => {
      await machine.lookAtSecrets();
      const isIn = await reaches(booted, after);
      await sleep(delay);
      t.log(`cut ${inSeconds(booted.upMs())} after the kernel's start: ${step}${isIn ? '' : ' was over'}`);
    });
  }
}

/** What the first machine is once it has come up, and how long it took. */
let firstUp: Awaited<ReturnType<CutMachine['up']>>;

test('the power goes in each step of a first boot without a network interface: both machines come up the same', async (t) => {
  t.timeout(6 * BOOT_MS);
  const [first, second] = await bothOf(async (machine, index) => {
    const steps = STEPS.filter((_, place) => place % 2 === index);
    await cutInSteps(t, machine, steps);
    const up = await machine.up();
    t.log(`served after ${inSeconds(up.upMs)}, the power having gone in ${namesOf(steps).join(', ')}`);
    return up;
  });
  firstUp = first;
  await consoleTellsServing(first.machine, 'no network yet');
  t.regex((await first.guest.sh('ss --no-header --numeric --udp --listening')).stdout, /127\.0\.0\.1:3478/);
  t.deepEqual(second.state, first.state);
  t.is(first.state.overall, 'ok');
  t.deepEqual(
    first.state.provisioning.toSorted(),
    namesOf(STEPS)
      .map((step) => `${step} done`)
      .toSorted(),
  );
});

test('a network interface that appears after the first boot is enough to serve a client outside', async (t) => {
  t.timeout(BOOT_MS);
  const { machine, guest } = firstUp;
  await machine.plugIn();
  await consoleTellsServing(machine, GUEST_ADDRESS);
  await answersOutside(network, BOOT_MS);
  t.deepEqual(await serviceOutside(network, guest), SERVED);
});

test(`the power goes ${RANDOM_CUTS} times at random after the first boot: the machines come up as before, with nothing of the network that was there`, async (t) => {
  t.timeout((RANDOM_CUTS + 2) * BOOT_MS);
  const moments = samples(RANDOM_CUTS).map((part) => part * firstUp.upMs);
  t.log(`cut after ${moments.map(inSeconds).join(', ')} (seed ${SEED})`);
  const [last] = await bothOf(async (machine, index) => {
    for (const [place, moment] of moments.entries())
      if (place % 2 === index) await machine.cut(() => sleep(moment));
    const up = await machine.up();
    t.deepEqual(up.state, firstUp.state);
    return up;
  });
  t.deepEqual(await tracesOf(GUEST_ADDRESS, last.guest), { files: '', listening: '', rules: '' });
  await consoleTellsServing(last.machine, 'no network yet');
  t.deepEqual(await bothOf((machine) => machine.losses()), [[], []]);
});
