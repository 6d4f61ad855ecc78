/** What is known of the hardware that this system runs on. Null: the machine does not say. */
export interface MachineFacts {
  /** SMBIOS type 1 and 2, as the kernel shows it in /sys/class/dmi/id. */
  readonly dmi: {
    readonly sysVendor: string | null;
    readonly productName: string | null;
    readonly boardName: string | null;
  };
  /** The root node of the devicetree; nulls where there is none. */
  readonly deviceTree: {
    readonly model: string | null;
    /** The first name of `compatible`, which is the board's, e.g. `raspberrypi,4-model-b`. */
    readonly board: string | null;
    /** Its last name, which is that of the system on a chip, e.g. `brcm,bcm2711`. */
    readonly soc: string | null;
  };
  /** e.g. vendor `GenuineIntel`, model `Celeron® N5105`; null when it cannot be told. */
  readonly cpu: { readonly vendor: string; readonly model: string } | null;
  /** Logical processors that are online. */
  readonly cores: number;
  /** Groups of processors that change their frequency together, e.g. `policy0`; none where the kernel cannot. */
  readonly frequencyPolicies: readonly string[];
  /** Whether it is a virtual machine. */
  readonly virtual: boolean;
  /** Network interfaces with a device behind them: no bridges, veths or tunnels. */
  readonly nics: readonly Nic[];
}

export interface Nic {
  /** e.g. `enp3s0`. */
  readonly name: string;
  /** PCI vendor and device, e.g. `8086:1539`; null on other buses. */
  readonly pci: string | null;
  /** e.g. `igb`. */
  readonly driver: string | null;
  /** Names of its receive queues, e.g. `rx-0`. */
  readonly rxQueues: readonly string[];
}
