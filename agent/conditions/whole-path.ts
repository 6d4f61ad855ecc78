import type { ForwardPath } from './types.ts';

/** The paths of both families as one: open when both are, in the words of the one that is closed. */
export function wholePath(path: {
  readonly open: boolean;
  readonly detail: string;
  readonly ipv6: Pick<ForwardPath, 'open' | 'detail'> | null;
}): { readonly open: boolean; readonly detail: string } {
  const { open, detail, ipv6 } = path;
  if (!open || ipv6 === null) return { open, detail };
  const inWords = `IPv6: ${ipv6.detail}`;
  return ipv6.open ? { open, detail: `${detail}; ${inWords}` } : { open: false, detail: inWords };
}
