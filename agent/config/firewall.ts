import { writeDuration } from '../system/durations.ts';
import { type Checked, describeValue, invalid, valid } from './checked.ts';

/** What the firewall does about everything that is not the stack's. */
export interface FirewallConfig {
  /** `publish`: nothing; `enforce`: closes it; `observe`: says what that would be. */
  readonly mode: FirewallMode;
  readonly management: Management;
  /** Milliseconds: a perimeter that is not confirmed within this time is gone. */
  readonly trial: number;
}

export type FirewallMode = 'publish' | 'observe' | 'enforce';

/** From where, and on which ports, people manage this machine. */
export interface Management {
  /** Networks of both families, as `192.0.2.0/24`. */
  readonly networks: 'any' | readonly string[];
  readonly ports: readonly ManagementPort[];
}

export interface ManagementPort {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
}

const MODES: readonly FirewallMode[] = ['publish', 'observe', 'enforce'];

export function checkFirewallMode(value: unknown): Checked<FirewallMode> {
  const mode = MODES.find((one) => one === value);
  return mode === undefined
    ? invalid(`${describeValue(value)} is not a mode of the firewall`, `the modes are ${MODES.join(', ')}`)
    : valid(mode);
}

/** As it stands in a file. */
export function firewallAsWritten({ mode, management, trial }: FirewallConfig): object {
  const ports = management.ports.map(({ protocol, port }) => `${port}/${protocol}`);
  return { mode, management: { ...management, ports }, trial: writeDuration(trial) };
}
