import { within } from '../conditions/gather/within.ts';

/** What systeminformation knows of the processor and of a hypervisor under it. */
export interface ProcessorReading {
  readonly vendor: string;
  readonly model: string;
  readonly virtual: boolean;
}

/** Asks systeminformation, which runs `lscpu` among others; bounded to 10 s. */
export async function readProcessor(): Promise<ProcessorReading> {
  // By its default export: that is all a bundle has of a CommonJS package that is imported like this.
  const { default: systeminformation } = await import('systeminformation');
  const look = Promise.all([systeminformation.cpu(), systeminformation.system()]);
  const [cpu, system] = await within(10_000, 'looking at the processor', look);
  return {
    vendor: cpu.manufacturer,
    model: cpu.brand,
    // CPUID's bit for hypervisors is there also where nothing imitates a BIOS; ARM has no such bit.
    virtual: system.virtual || cpu.flags.split(' ').includes('hypervisor'),
  };
}
