import { isIPv4 } from 'node:net';
import { z } from 'zod';
import { checkAddresses } from './check-addresses.ts';
import { checkPublicAddresses } from './check-public-addresses.ts';
import { checkRealm } from './check-realm.ts';
import { checkRelayPorts } from './check-relay-ports.ts';
import { addressInside, checkSubnet } from './check-subnet.ts';
import { checkSubnet6 } from './check-subnet6.ts';
import { type Checked, describeValue, invalid, setting, valid } from './checked.ts';
import { type HealingConfig, healingSettings } from './healing.ts';

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
    /** The bridge's IPv6 subnet, e.g. `fd4a:9c1e:7d30:5::/64`, or `none`. */
    readonly subnet6: string;
    /**
     * Addresses, of both families, by which the world reaches this machine though they are not its own: a router in
     * front of it translates them (1:1 NAT).
     */
    readonly publicAddresses: readonly string[];
  };
  readonly turn: {
    readonly realm: string;
    readonly relayPorts: PortRange;
  };
  readonly healing: HealingConfig;
}

/** What `appliance.yaml` may hold. The input is the YAML as plain values, the output has every default filled in. */
export const applianceSchema: z.ZodType<ApplianceConfig> = section({
  stack: setting(checkStack).default('embedded'),
  network: section({
    addresses: setting(checkAddresses).default('auto'),
    subnet: setting(checkSubnet).default('172.30.5.0/24'),
    subnet6: setting(checkSubnet6).default('fd4a:9c1e:7d30:5::/64'),
    publicAddresses: setting(checkPublicAddresses).default([]),
  }).superRefine(({ addresses, subnet, publicAddresses }, context) => {
    const several = publicAddresses.filter((address) => isIPv4(address)).length;
    if (several > 1 && (addresses === 'auto' || addresses.length !== several)) {
      context.addIssue({
        code: 'custom',
        path: ['publicAddresses'],
        message: `it is not told which address of this machine is behind each of ${several} public ones`,
        params: { expected: `list ${several} network.addresses too, in the same order` },
      });
    }
    const inside = addressInside(subnet, addresses);
    if (inside === null) return;
    context.addIssue({
      code: 'custom',
      path: ['subnet'],
      message: `${subnet} contains ${inside}, which network.addresses lists`,
      params: { expected: 'use a private network that nothing else uses, e.g. 172.30.6.0/24' },
    });
  }),
  turn: section({
    realm: setting(checkRealm).default('appliance.internal'),
    relayPorts: setting(checkRelayPorts).default({ from: 49152, to: 49663 }),
  }),
  healing: section(healingSettings),
});

/** The configuration of a machine on which nothing is configured. */
export const DEFAULT_CONFIG: ApplianceConfig = applianceSchema.parse({});

/** A section may be absent or empty: that is what remains when every line in it is commented out. */
function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.preprocess((value) => value ?? {}, z.strictObject(shape));
}

function checkStack(value: unknown): Checked<'embedded'> {
  return value === 'embedded'
    ? valid(value)
    : invalid(`${describeValue(value)} is not a stack`, 'the only stack is embedded');
}
