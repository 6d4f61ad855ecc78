import type { Status } from '../../control/status.ts';
import { LK_JWT } from '../../stack/element-call/names.ts';

/** Whether calls begin on this appliance: the demonstration's SFU takes part in none. */
export const takesCalls = ({ services }: Pick<Status, 'services'>): boolean =>
  services.some(({ name }) => name === LK_JWT);
