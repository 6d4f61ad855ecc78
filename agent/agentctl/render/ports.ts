import type { PublishedStatus } from '../../control/status.ts';

/** `7882/udp`, `49152-49663/udp`. */
export const portText = ({ protocol, port, portTo }: PublishedStatus) =>
  `${port}${portTo === undefined ? '' : `-${portTo}`}/${protocol}`;

export const targetText = ({ target }: PublishedStatus) => target ?? 'no container';

export const withThousands = (value: number) => String(value).replace(/\B(?=(\d{3})+$)/g, ',');
