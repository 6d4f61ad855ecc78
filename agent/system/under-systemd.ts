import { existsSync } from 'node:fs';
import type { Paths } from './paths.ts';

/**
 * Whether systemd runs this machine: sd_booted(3). An appliance of a test, which has a root of its own, shares it with the
 * machine that tests it, which is not to be restarted.
 */
export const isUnderSystemd = ({ root }: Pick<Paths, 'root'>): boolean =>
  root === '' && existsSync('/run/systemd/system');
