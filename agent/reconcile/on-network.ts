import type { Desired } from './types.ts';

/** What has to be made anew when the stack's networks are. The others are on the host's, and go on serving. */
export const servicesOnNetwork = ({ services }: Desired): readonly string[] =>
  services.filter(({ network }) => network === 'bridge').map(({ name }) => name);
