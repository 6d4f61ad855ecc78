import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HOST_V4, type Machine } from '../support/machine.ts';
import { spawnCaptured } from '../support/spawned.ts';
import { emulator } from './emulator.ts';
import { type GuestAgent, reachGuestAgent } from './guest-agent.ts';
import type { Kernel } from './machine-image.ts';

/** What QEMU's own DHCP gives the machine (`-nic user`). */
export const GUEST_ADDRESS = '10.0.2.15';

/** Not by `restrict=on`, which has this QEMU drop what the machine answers over UDP (libslirp 4.7.0). */
const FORWARDS = ['udp:7882', 'tcp:7881', 'udp:3478'].map((forwarded) => {
  const [protocol, port] = forwarded.split(':');
  return `hostfwd=${protocol}:${HOST_V4}:${port}-:${port}`;
});

/** The network interface, which nothing boots from, in a slot that a card may be put into while the machine runs. */
const CARD = 'virtio-net-pci,netdev=lan,bus=lanslot,romfile=';

/** What a machine has beside what every machine has. */
export interface Additions {
  /** Further words of the kernel's command line. */
  readonly kernelWords?: readonly string[];
  /** Further arguments of QEMU. */
  readonly devices?: readonly string[];
}

export interface PowerOn extends Kernel, Additions {
  /** A raw disk; what the machine writes is in it at once. */
  readonly disk: string;
  /**
   * Where its network interface leads: a host that reaches nobody but the client on its wire, and passes that one's
   * traffic on to the machine. Null: the machine has no network interface at all.
   */
  readonly network: Machine | null;
  /** False: it has no network interface until `plugIn`. Default true. */
  readonly pluggedIn?: boolean;
}

/** A machine of its own, with its own kernel: what is on its disk is all that outlives it. */
export interface EmulatedMachine {
  /** Milliseconds since its kernel was started. */
  upMs(): number;
  /** All that stood on its console so far, as it came. */
  console(): Promise<string>;
  /** What its journal says, as it comes. */
  journal(): string;
  /** Puts its network interface into the running machine, as a card into a slot. */
  plugIn(): Promise<void>;
  /** What answers in it, once it does. */
  guest(timeoutMs: number): Promise<GuestAgent>;
  /** From one moment to the next: its processor is gone, and what was not on the disk is lost. */
  cutPower(): Promise<void>;
}

/**
 * Switches a machine on. Emulated (TCG) and never by KVM: that /dev/kvm is there does not mean that it boots a guest.
 * What the guest flushes is in this machine's page cache, which outlives QEMU: `cache=unsafe` loses nothing by SIGKILL.
 */
export async function powerOn(options: PowerOn): Promise<EmulatedMachine> {
  const { disk, kernel, initrd, network, pluggedIn = true, kernelWords = [], devices = [] } = options;
  const directory = await mkdtemp(join(tmpdir(), 'aa-emulated-'));
  const console = join(directory, 'console');
  const agentSocket = join(directory, 'guest-agent');
  const monitor = join(directory, 'monitor');
  // `no_timer_check`: on a busy machine an emulated timer may be too late for the kernel's check of it.
  const words = 'root=LABEL=root ro console=ttyS0 quiet panic=-1 mitigations=off no_timer_check'.split(' ');
  const [program, ...emulatorArgs] = await emulator();
  const begun = performance.now();
  const spawn = network === null ? spawnCaptured : network.spawnInHost;
  const qemu = await spawn(program, [
    ...emulatorArgs,
    // With cx16 a guest of QEMU 7.2 panics. AVX, which `max` has, costs an emulated machine more than it gains.
    ...['-machine', 'q35', '-accel', 'tcg,thread=multi', '-cpu', 'Nehalem,-cx16', '-smp', '2', '-m', '2048'],
    ...['-nodefaults', '-display', 'none', '-no-reboot', '-device', 'virtio-rng-pci'],
    ...['-drive', `file=${disk},format=raw,if=virtio,cache=unsafe`],
    ...(network === null ? [] : ['-netdev', `user,id=lan,ipv6=off,${FORWARDS.join()}`]),
    ...['-device', 'pcie-root-port,id=lanslot'],
    ...(network === null || !pluggedIn ? [] : ['-device', CARD]),
    ...['-monitor', `unix:${monitor},server=on,wait=off`],
    ...['-serial', `file:${console}`, '-serial', 'stdio'],
    ...['-chardev', `socket,id=agent,path=${agentSocket},server=on,wait=off`, '-device', 'virtio-serial'],
    ...['-device', 'virtserialport,chardev=agent,name=org.qemu.guest_agent.0'],
    ...['-kernel', kernel, '-initrd', initrd, '-append', [...words, ...kernelWords].join(' ')],
    ...devices,
  ]);
  let agent: GuestAgent | null = null;
  return {
    upMs: () => Math.round(performance.now() - begun),
    console: async () => (existsSync(console) ? await readFile(console, 'utf8') : ''),
    journal: qemu.output,
    async plugIn() {
      const socket = connect(monitor);
      await once(socket, 'connect');
      socket.end(`device_add ${CARD}\n`);
      await once(socket.resume(), 'close');
    },
    async guest(timeoutMs) {
      while (!existsSync(agentSocket)) {
        if (performance.now() - begun > timeoutMs) throw new Error(`QEMU did not start: ${qemu.output()}`);
        await sleep(20);
      }
      agent ??= await reachGuestAgent(agentSocket, timeoutMs);
      return agent;
    },
    async cutPower() {
      agent?.close();
      await qemu.stop({ signal: 'SIGKILL' });
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
