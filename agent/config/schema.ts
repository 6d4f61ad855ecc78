import { z } from 'zod';

/** A range of ports, both ends included. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** The configuration after defaults: what the rest of the agent sees. */
export interface ApplianceConfig {
  readonly stack: 'embedded';
  readonly network: {
    /** `auto`: every global IPv4 address of this machine; else exactly these. */
    readonly addresses: 'auto' | readonly string[];
    /** Subnet of the bridge on which the SFU lives, e.g. `172.30.5.0/24`. */
    readonly subnet: string;
  };
  readonly turn: {
    readonly realm: string;
    readonly relayPorts: PortRange;
  };
}

export const applianceSchema = z.unknown();
