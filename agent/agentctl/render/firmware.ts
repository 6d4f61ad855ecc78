import type { FwupdDevice } from '../../hardware/fwupd.ts';
import type { Screen } from '../terminal.ts';
import { table } from './text.ts';

/** So much of an id that a person may type it. */
const ID_SHOWN = 8;

/** The screen of `agentctl firmware list`. */
export function renderFirmware(devices: readonly FwupdDevice[], { columns }: Screen): string {
  if (devices.length === 0) return 'fwupd knows no firmware of this machine.\n';
  const rows = devices.map(({ id, name, version, updatable, needsReboot }) => [
    id.slice(0, ID_SHOWN),
    name,
    version,
    needsReboot ? 'at the next start' : updatable ? 'with an archive of the maker' : 'not by fwupd',
  ]);
  const titles = ['DEVICE', 'NAME', 'VERSION', 'UPDATE'].map((title) => ({ title }));
  const next = 'To update one: sudo agentctl firmware update DEVICE --cab FILE';
  return `${[...table(titles, rows, columns), '', next].join('\n')}\n`;
}
