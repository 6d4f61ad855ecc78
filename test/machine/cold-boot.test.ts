import { rm } from 'node:fs/promises';
import { createMachine, type Machine } from '../support/machine.ts';
import { needs, testWhen } from '../support/needs.ts';
import { BOOT_MS, comesUp, consoleTellsServing, secretsOf, tracesOf } from './appliance-state.ts';
import { bareCompose } from './bare-compose.ts';
import { answersOutside, SERVED, serviceOutside } from './client.ts';
import { type EmulatedMachine, GUEST_ADDRESS, inSeconds, type PowerOn, powerOn } from './emulated-machine.ts';
import { cloneDisk, type MachineImage, machineImage } from './machine-image.ts';

const MINUTE = 60_000;
const COMMANDS = 'mmdebstrap mke2fs unshare qemu-system-x86_64 ip nsenter turnutils_uclient'.split(' ');
const test = testWhen(needs({ root: true, commands: COMMANDS, arch: 'x64' }));
let image: MachineImage;
let network: Machine;
let disk: string;
let machine: EmulatedMachine | null = null;

test.before('an image is made without a network, sealed, and put on a disk', async (t) => {
  t.timeout(8 * MINUTE);
  image = await machineImage();
  network = await createMachine();
  disk = await cloneDisk(image, 'cold-boot');
});

test.after.always(async () => {
  await machine?.cutPower();
  await network?.destroy();
  if (disk !== undefined) await rm(disk, { force: true });
});

/** One machine at a time: the time of a boot is measured. */
async function boot(options: Omit<PowerOn, 'kernel' | 'initrd'>): Promise<EmulatedMachine> {
  await machine?.cutPower();
  machine = await powerOn({ ...image, ...options });
  return machine;
}

let servedMs: number;

test('a sealed image comes up unattended at its first boot, and serves a client outside', async (t) => {
  t.timeout(2 * BOOT_MS);
  const appliance = await boot({ disk, network });
  await answersOutside(network, BOOT_MS);
  servedMs = appliance.upMs();
  const guest = await comesUp(appliance);
  await consoleTellsServing(appliance, GUEST_ADDRESS);
  t.deepEqual(await serviceOutside(network, guest), SERVED);
});

test('its second boot has no network: nothing of the first one’s is left, and it serves what is there', async (t) => {
  t.timeout(2 * BOOT_MS);
  const before = await secretsOf(await (machine ?? t.fail('no first boot')).guest(MINUTE));
  t.not(before.size, 0);
  const cutOff = await boot({ disk, network: null });
  const guest = await comesUp(cutOff);
  t.regex((await guest.sh('ss --no-header --numeric --udp --listening')).stdout, /127\.0\.0\.1:3478/);
  t.deepEqual(await tracesOf(GUEST_ADDRESS, guest), { files: '', listening: '', rules: '' });
  t.deepEqual(await secretsOf(guest), before);
  await consoleTellsServing(cutOff, 'no network yet');
});

test('the time of the first boot stands beside that of a bare docker compose up of the same image', async (t) => {
  t.timeout(2 * BOOT_MS);
  const bareDisk = await cloneDisk(image, 'bare-compose');
  const bare = await bareCompose(image);
  try {
    const appliance = await boot({ ...bare, disk: bareDisk, network });
    await answersOutside(network, BOOT_MS);
    const bareMs = appliance.upMs();
    t.log(
      `from kernel start to serving, emulated: ${inSeconds(servedMs)}; bare docker compose up: ${inSeconds(bareMs)}`,
    );
    const guest = await appliance.guest(MINUTE);
    t.is((await guest.sh('systemctl is-active appliance-agent.service')).stdout, 'inactive\n');
    t.not((await guest.sh('systemctl is-active bare-compose.service')).stdout, 'failed\n');
  } finally {
    await machine?.cutPower();
    machine = null;
    for (const used of [bareDisk, bare.files]) await rm(used);
  }
});
