import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { IMAGE_MANIFEST } from '../../agent/stack/images.ts';
import { IMAGE_PACKAGES } from '../install/appliance-root.ts';
import { makeTarball, unpack } from '../install/fresh-root.ts';
import { configure, installer, makeBundle, PROJECT } from '../install/image.ts';
import { onceARun } from '../support/once-a-run.ts';
import { makeDisk, onDisk } from './disk-content.ts';

const IMAGES = join(PROJECT, '.cache/machine');
const SIZE = '4G';

/** What boots an image as a machine, and what answers in it where there is no network. */
const MACHINE_PACKAGES = ['linux-image-cloud-amd64', 'initramfs-tools', 'qemu-guest-agent'];

/** Changed together with what is done to the root below, so that an old image is not used. */
const RECIPE = 2;

export interface Kernel {
  readonly kernel: string;
  readonly initrd: string;
}

/** A sealed image on a disk, beside the kernel that it has in its /boot. */
export interface MachineImage extends Kernel {
  readonly disk: string;
  /** The manifest of the container images in it. */
  readonly manifest: string;
}

/**
 * The image of an appliance, made as a factory makes it: a Debian, `install.sh --root` from a release bundle, `--seal`.
 * It is named by the release in it, and made again only when that changed.
 */
export const machineImage = (): Promise<MachineImage> => onceARun('machine-image', findOrMake);

async function findOrMake(): Promise<MachineImage> {
  await mkdir(IMAGES, { recursive: true });
  const directory = await mkdtemp(join(IMAGES, 'making-'));
  try {
    const { folder } = await makeBundle(PROJECT, join(directory, 'bundle'));
    const name = `${basename(folder)}-${RECIPE}`;
    if (!existsSync(join(IMAGES, name))) {
      for (const old of await readdir(IMAGES))
        if (old !== basename(directory)) await rm(join(IMAGES, old), { recursive: true });
      await makeImage(folder, join(directory, 'root'), join(directory, 'image'));
      await rename(join(directory, 'image'), join(IMAGES, name));
    }
    return filesOf(join(IMAGES, name));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** A disk of a machine's own. */
export async function cloneDisk({ disk }: MachineImage, name: string): Promise<string> {
  const clone = join(dirname(disk), `clone-${name}`);
  await onDisk('cp', ['--sparse=always', '--reflink=auto', disk, clone]);
  return clone;
}

const filesOf = (directory: string): MachineImage => ({
  disk: join(directory, 'disk'),
  kernel: join(directory, 'vmlinuz'),
  initrd: join(directory, 'initrd.img'),
  manifest: join(directory, IMAGE_MANIFEST),
});

async function makeImage(bundle: string, root: string, target: string): Promise<void> {
  await unpack(await makeTarball('trixie', [...IMAGE_PACKAGES, ...MACHINE_PACKAGES]), root);
  await equip(root);
  await configure(root);
  for (const args of [
    ['--root', root],
    ['--seal', '--root', root],
  ]) {
    const { exitCode, stdout, stderr } = await installer(bundle, ...args);
    if (exitCode !== 0) throw new Error(stdout + stderr);
  }
  await mkdir(target);
  const { disk, kernel, initrd, manifest } = filesOf(target);
  await makeDisk(root, disk, 'root', SIZE);
  for (const [name, place] of [
    ['vmlinuz', kernel],
    ['initrd.img', initrd],
  ] as const)
    await copyFile(await inBoot(root, name), place);
  await copyFile(join(root, 'usr/share/appliance-agent/images', IMAGE_MANIFEST), manifest);
}

/**
 * What makes a machine of the root: a name, a file system table, an address by DHCP, and its journal on the second serial
 * line, where the test reads it.
 */
async function equip(root: string): Promise<void> {
  const files = {
    'etc/hostname': 'appliance\n',
    'etc/fstab': 'LABEL=root / ext4 defaults 0 1\n',
    'etc/systemd/network/lan.network': '[Match]\nName=en* eth*\n[Network]\nDHCP=ipv4\n',
    'etc/systemd/journald.conf.d/test.conf': '[Journal]\nForwardToConsole=yes\nTTYPath=/dev/ttyS1\n',
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  // Debian leaves it to whoever sets the machine up what manages its network.
  await onDisk('systemctl', [`--root=${root}`, 'enable', 'systemd-networkd.service']);
}

async function inBoot(root: string, name: string): Promise<string> {
  const file = (await readdir(join(root, 'boot'))).find((found) => found.startsWith(`${name}-`));
  if (file === undefined) throw new Error(`the image has no /boot/${name}-*`);
  return join(root, 'boot', file);
}
