import type { Status } from '../../agent/control/status.ts';

/** Whether every service answers; the appliance may be degraded, for benches kill more than a healthy one sees. */
export const serves = ({ services }: Pick<Status, 'services'>): boolean =>
  services.length > 0 && services.every(({ probe }) => probe?.ok === true);
