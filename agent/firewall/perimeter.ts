import type { Management } from '../config/firewall.ts';

/** The default deny that is in force, and whom it leaves in to manage this host; both null: there is none. */
export interface Perimeter {
  readonly confirmed: Management | null;
  /** In force until its time is up; then the confirmed one is again, if there is one, without anybody doing anything. */
  readonly trial: PerimeterTrial | null;
}

export interface PerimeterTrial {
  /** Of this trial alone, `[0-9a-f]+`. */
  readonly id: string;
  readonly management: Management;
  readonly secondsLeft: number;
}

export const CONFIRMED_CHAIN = 'perimeter-confirmed';

/** What a trial is called in the table. Every trial has names of its own, and inherits neither a clock nor a count. */
export function trialNames(id: string): {
  readonly chain: string;
  readonly clock: string;
  /** Counter of new flows that its management rules let in. */
  readonly admitted: string;
} {
  const chain = `trial-${id}`;
  return { chain, clock: `${chain}-clock`, admitted: `${chain}-admitted` };
}

/** `22/tcp, 51820/udp from 192.0.2.0/24`. */
export function managementText({ networks, ports }: Management): string {
  const open = ports.map(({ protocol, port }) => `${port}/${protocol}`).join(', ');
  return `${open} from ${networks === 'any' ? 'anywhere' : networks.join(', ')}`;
}
