import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTarball, maskUnits, unpack } from './fresh-root.ts';

/** What an image must have before install.sh --root: the README says so, and the installer names what is missing. */
export const IMAGE_PACKAGES =
  'docker.io docker-cli docker-compose nftables iptables conntrack procps iproute2 ca-certificates'.split(
    ' ',
  );

/** What an image may have besides: how people come in, and how its name is found. */
const FURTHER = ['openssh-server', 'systemd-resolved', 'libidn2-0', 'udev'];

/** Unpacks a trixie that has what the appliance needs of Debian, and nothing of ours, into `directory`. */
export async function makeApplianceRoot(directory: string): Promise<void> {
  await unpack(await makeTarball('trixie', [...IMAGE_PACKAGES, ...FURTHER]), directory);
  await maskUnits(directory);
  // What mmdebstrap took from the machine that it ran on: an image without it has clones that name themselves.
  await rm(join(directory, 'etc/hostname'));
}
