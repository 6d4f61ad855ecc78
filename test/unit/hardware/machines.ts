import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { DetectPorts } from '../../../agent/hardware/detect.ts';

/** A machine as its kernel and systeminformation show it: what detection reads, and nothing else. */
export interface RecordedMachine {
  /** Content by path. */
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  /** Target by path. */
  readonly links?: Readonly<Record<string, string>>;
  readonly processor: Awaited<ReturnType<DetectPorts['processor']>>;
  readonly cores: number;
}

const dmi = (sysVendor: string, productName: string, boardName: string) => ({
  '/sys/class/dmi/id/sys_vendor': `${sysVendor}\n`,
  '/sys/class/dmi/id/product_name': `${productName}\n`,
  '/sys/class/dmi/id/board_name': `${boardName}\n`,
});

function nic(name: string, driver: string, pci: string | null, queues: number) {
  const at = `/sys/class/net/${name}`;
  const [vendor, device] = pci?.split(':') ?? [];
  return {
    files: {
      [`${at}/device/uevent`]: `DRIVER=${driver}\n`,
      ...(pci === null
        ? {}
        : { [`${at}/device/vendor`]: `0x${vendor}\n`, [`${at}/device/device`]: `0x${device}\n` }),
      ...Object.fromEntries(
        Array.from({ length: queues }, (_, queue) => [`${at}/queues/rx-${queue}/rps_cpus`, '0\n']),
      ),
    },
    links: { [`${at}/device/driver`]: `../../bus/drivers/${driver}` },
  };
}

/** Interfaces with nothing but the kernel behind them, which every machine with Docker has. */
const kernelOnly = {
  '/sys/class/net/lo/mtu': '65536\n',
  '/sys/class/net/br-appliance/bridge/stp_state': '0\n',
  '/sys/class/net/bonding_masters': '\n',
};

/** Files of cpufreq, as its documentation has them. */
const cpufreq = {
  '/sys/devices/system/cpu/cpufreq/boost': '1\n',
  '/sys/devices/system/cpu/cpufreq/policy0/scaling_governor': 'schedutil\n',
  '/sys/devices/system/cpu/cpufreq/policy1/scaling_governor': 'schedutil\n',
};

/** A freshly started Debian. */
const sysctls = {
  '/proc/sys/net/core/rmem_max': '212992\n',
  '/proc/sys/net/core/wmem_max': '212992\n',
  '/proc/sys/net/core/netdev_max_backlog': '1000\n',
};

/** 2020-09-03T12:11:43Z: the boot loader of which raspberrypi/firmware, issue 1559, tells (BUILD_TIMESTAMP). */
const oldBootloader = {
  '/sys/firmware/devicetree/base/chosen/bootloader/build-timestamp': new Uint8Array([0x5f, 0x50, 0xdd, 0x7f]),
};

const onPci = nic('enp1s0', 'igb', '8086:157b', 4);
const onboard = nic('eno1', 'igc', '8086:15f3', 4);
const cable = nic('end0', 'bcmgenet', null, 5);
const rp1 = nic('eth0', 'macb', null, 1);
const paravirtual = nic('ens3', 'virtio_net', '1af4:1000', 1);

/** The DMI strings are those of kernel reports that name such machines; firmware-profiles/ quotes them. */
export const MACHINES = {
  apu2: {
    files: {
      ...dmi('PC Engines', 'apu2', 'apu2'),
      '/sys/class/dmi/id/bios_version': 'v4.13.0.5\n',
      '/sys/class/hwmon/hwmon0/name': 'k10temp\n',
      '/sys/class/hwmon/hwmon0/temp1_input': '56125\n',
      '/sys/class/hwmon/hwmon0/temp1_max': '70000\n',
      '/sys/class/hwmon/hwmon0/temp1_crit': '105000\n',
      '/sys/class/hwmon/hwmon1/name': 'nvme\n',
      '/sys/class/hwmon/hwmon1/temp1_input': '70000\n',
      ...kernelOnly,
      ...onPci.files,
      ...cpufreq,
      ...sysctls,
    },
    links: onPci.links,
    processor: { vendor: 'AMD', model: 'GX-412TC SOC', virtual: false },
    cores: 4,
  },
  nuc: {
    files: { ...dmi('Intel(R) Client Systems', 'NUC11TNHi3', 'NUC11TNBi3'), ...kernelOnly, ...onboard.files },
    links: onboard.links,
    processor: { vendor: 'Intel', model: 'Core™ i3-1115G4', virtual: false },
    cores: 4,
  },
  /** A NUC whose processor is one of a small box, too. */
  nucCeleron: {
    files: { ...dmi('Intel(R) Client Systems', 'NUC11ATKC4', 'NUC11ATBC4'), ...kernelOnly },
    processor: { vendor: 'Intel', model: 'Celeron® N5105', virtual: false },
    cores: 4,
  },
  poweredge: {
    files: { ...dmi('Dell Inc.', 'PowerEdge R640', '0X45NX'), ...kernelOnly },
    processor: { vendor: 'Intel', model: 'Xeon® Gold 6230', virtual: false },
    cores: 80,
  },
  /** As most small boxes are: their vendor did not fill in what DMI has room for. */
  noName: {
    files: {
      ...dmi('Default string', 'Default string', 'Default string'),
      ...kernelOnly,
    },
    processor: { vendor: 'Intel', model: 'Celeron® J4125', virtual: false },
    cores: 4,
  },
  pi4: {
    files: {
      '/sys/firmware/devicetree/base/model': 'Raspberry Pi 4 Model B Rev 1.4\0',
      '/sys/firmware/devicetree/base/compatible': 'raspberrypi,4-model-b\0brcm,bcm2711\0',
      ...kernelOnly,
      ...oldBootloader,
      '/sys/class/thermal/thermal_zone0/type': 'cpu-thermal\n',
      '/sys/class/thermal/thermal_zone0/temp': '81338\n',
      '/sys/class/thermal/thermal_zone0/trip_point_0_type': 'critical\n',
      '/sys/class/thermal/thermal_zone0/trip_point_0_temp': '110000\n',
      '/sys/class/hwmon/hwmon0/name': 'cpu_thermal\n',
      '/sys/class/hwmon/hwmon0/temp1_input': '81338\n',
      '/sys/class/hwmon/hwmon0/temp1_crit': '110000\n',
      '/sys/class/hwmon/hwmon1/name': 'rpi_volt\n',
      '/sys/class/hwmon/hwmon1/in0_lcrit_alarm': '1\n',
      ...cable.files,
    },
    links: cable.links,
    processor: { vendor: 'ARM', model: 'Cortex-A72', virtual: false },
    cores: 4,
  },
  pi5: {
    files: {
      '/sys/firmware/devicetree/base/model': 'Raspberry Pi 5 Model B Rev 1.0\0',
      '/sys/firmware/devicetree/base/compatible': 'raspberrypi,5-model-b\0brcm,bcm2712\0',
      ...kernelOnly,
      ...rp1.files,
    },
    links: rp1.links,
    processor: { vendor: 'ARM', model: 'Cortex-A76', virtual: false },
    cores: 4,
  },
  qemu: {
    files: { ...dmi('QEMU', 'Standard PC (Q35 + ICH9, 2009)', ''), ...kernelOnly, ...paravirtual.files },
    links: paravirtual.links,
    processor: { vendor: 'AMD', model: 'EPYC', virtual: true },
    cores: 2,
  },
  unknown: {
    files: kernelOnly,
    processor: { vendor: '', model: '', virtual: false },
    cores: 2,
  },
} as const satisfies Readonly<Record<string, RecordedMachine>>;

/** Puts a machine's files below a new folder, for as long as `use` takes. */
export async function withTree<T>(machine: RecordedMachine, use: (root: string) => Promise<T>): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), 'aa-hardware-'));
  try {
    for (const [path, content] of Object.entries(machine.files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), content);
    }
    for (const [path, target] of Object.entries(machine.links ?? {})) await symlink(target, join(root, path));
    return await use(root);
  } finally {
    await rm(root, { recursive: true });
  }
}
