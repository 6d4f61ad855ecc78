import type { PublishedStatus } from '../../control/status.ts';

/** `7882/udp`, `49152-49663/udp`. */
export const portText = ({ protocol, port, portTo }: PublishedStatus) =>
  `${port}${portTo === undefined ? '' : `-${portTo}`}/${protocol}`;

export const targetText = ({ target }: PublishedStatus) => target ?? 'no container';

/** The address alone: the port stays what it is. */
export const addressText = (port: PublishedStatus) => targetText(port).replace(/:\d+$/, '');

/** A count in six characters at the most: `99,999`, `234 k`, `1.23 M`. */
export function formatCount(value: number): string {
  if (value < 100_000) return withThousands(value);
  const [unit, size] =
    value < 1e6 ? (['k', 1e3] as const) : value < 1e9 ? (['M', 1e6] as const) : (['G', 1e9] as const);
  const digits = value < 10 * size ? 2 : value < 100 * size ? 1 : 0;
  // Cut off, not rounded: 999,999 is 999 k.
  return `${(Math.floor((value / size) * 10 ** digits) / 10 ** digits).toFixed(digits)} ${unit}`;
}

export const withThousands = (value: number) => String(value).replace(/\B(?=(\d{3})+$)/g, ',');
