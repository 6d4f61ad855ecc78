import { isIPv4 } from 'node:net';
import * as z from 'zod';
import { checkAddresses } from './check-addresses.ts';
import { type Certificates, checkCertificates } from './check-certificates.ts';
import { checkDomain } from './check-domain.ts';
import { checkDuration } from './check-duration.ts';
import { checkManagementNetworks, checkManagementPorts } from './check-management.ts';
import { checkMediaNodes, checkPrimary, checkRole, type Role } from './check-media-nodes.ts';
import { checkParticipants } from './check-participants.ts';
import { checkPublicAddresses } from './check-public-addresses.ts';
import { checkRealm } from './check-realm.ts';
import { checkRelayPorts } from './check-relay-ports.ts';
import { addressInside, checkSubnet } from './check-subnet.ts';
import { checkSubnet6 } from './check-subnet6.ts';
import { checkVpnRanges } from './check-vpn-ranges.ts';
import { type Checked, describeValue, invalid, setting, valid } from './checked.ts';
import { elementCall, participantsRelayedBy } from './element-call.ts';
import { checkFirewallMode, type FirewallConfig } from './firewall.ts';
import { type HealingConfig, healingSettings } from './healing.ts';
import { CONFIGURABLE_SERVICES, type ServiceConfig, serviceSettings, servicesNamed } from './services.ts';
import { type SiteConfig, siteSettings } from './site.ts';

/** A range of ports, both ends included. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** Names by which clients reach this machine. */
export interface Domains {
  /** Of calls: tokens and signalling, for everybody. */
  readonly rtc: string;
  /** Of the homeserver, for the VPN alone. */
  readonly matrix: string;
  /** What stands behind the colon in a user's name; it can never be changed. */
  readonly serverName: string;
  /** Of the relay. */
  readonly turn: string;
}

/** What only the stack element-call needs. */
export interface ElementCallConfig {
  readonly role: Role;
  /** Address in the VPN of the appliance whose calls this one helps to carry; null unless `role` is media. */
  readonly primary: string | null;
  /** Addresses in the VPN of the appliances that help this one. */
  readonly mediaNodes: readonly string[];
  readonly domains: Domains;
  /** Networks from which the homeserver may be reached, of both families. */
  readonly vpn: { readonly ranges: readonly string[] };
  readonly certificates: Certificates;
}

/** The configuration after defaults: what the rest of the agent sees. */
export interface ApplianceConfig {
  readonly stack: 'element-call' | 'embedded';
  /** Null with the embedded stack, which has none of it. */
  readonly elementCall: ElementCallConfig | null;
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
  readonly capacity: {
    /** How many people may be in calls at the same time. */
    readonly participants: number;
  };
  readonly healing: HealingConfig;
  /** What is said of single services, by name; only of those of which something is said. */
  readonly services: Readonly<Record<string, ServiceConfig>>;
  readonly firewall: FirewallConfig;
  readonly site: SiteConfig;
}

/** What `appliance.yaml` may hold, each setting by itself. The input is the YAML as plain values. */
export const applianceSettings = section({
  stack: setting(checkStack).default('element-call'),
  role: setting(checkRole).default('all'),
  primary: setting(checkPrimary).default(null),
  mediaNodes: setting(checkMediaNodes).default([]),
  domains: section({
    rtc: setting(checkDomain).optional(),
    matrix: setting(checkDomain).optional(),
    serverName: setting(checkDomain).optional(),
    turn: setting(checkDomain).optional(),
  }),
  certificates: setting(checkCertificates).optional(),
  vpn: section({ ranges: setting(checkVpnRanges).optional() }),
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
  capacity: section({ participants: setting(checkParticipants).optional() }),
  healing: section(healingSettings),
  services: section(
    Object.fromEntries(CONFIGURABLE_SERVICES.map((name) => [name, section(serviceSettings)])),
  ),
  firewall: section({
    mode: setting(checkFirewallMode).default('publish'),
    management: section({
      networks: setting(checkManagementNetworks).default('any'),
      ports: setting(checkManagementPorts).default([{ protocol: 'tcp', port: 22 }]),
    }),
    trial: setting(checkDuration('10s', '1h')).default(300_000),
  }),
  site: section(siteSettings),
});

/** The same with every default filled in, once all settings are there and agree. */
export const applianceSchema: z.ZodType<ApplianceConfig> = applianceSettings.transform(
  (
    { domains, certificates, vpn, capacity, role, primary, mediaNodes, ...rest },
    context,
  ): ApplianceConfig => {
    const participants = capacity.participants ?? participantsRelayedBy(rest.turn.relayPorts);
    const common = { ...rest, services: servicesNamed(rest.services), capacity: { participants } };
    if (rest.stack === 'embedded') return { ...common, elementCall: null };
    const agreed = elementCall(
      { domains, certificates, vpn, role, primary, mediaNodes },
      { ...common, elementCall: null },
    );
    if (agreed.ok) return { ...common, elementCall: agreed.value };
    for (const { path, message, expected } of agreed.problems) {
      context.addIssue({ code: 'custom', path: [...(path ?? [])], message, params: { expected } });
    }
    return z.NEVER;
  },
);

/** The configuration of the embedded stack with nothing else configured. */
export const DEFAULT_CONFIG: ApplianceConfig = applianceSchema.parse({ stack: 'embedded' });

/** A section may be absent or empty: that is what remains when every line in it is commented out. */
function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.preprocess((value) => value ?? {}, z.strictObject(shape));
}

function checkStack(value: unknown): Checked<ApplianceConfig['stack']> {
  return value === 'element-call' || value === 'embedded'
    ? valid(value)
    : invalid(`${describeValue(value)} is not a stack`, 'use element-call, or embedded for a demonstration');
}
