/** What `turnutils_uclient` saw. */
export interface RelayResult {
  readonly sent: number;
  readonly received: number;
  readonly lost: number;
  /** What the server refused, e.g. `403 Forbidden IP` or `cannot complete Allocation`; null when it did not. */
  readonly refusal: string | null;
  readonly output: string;
}

export interface RelayOptions {
  readonly server: string;
  readonly secret: string;
  /** Where the relay is to send, and what is to echo it back. */
  readonly peer: string;
  readonly peerPort: number;
  readonly transport: 'udp' | 'tcp';
  /** How the data travels between client and relay (RFC 8656, sections 11 and 12). */
  readonly method: 'channel' | 'send-indication';
  readonly count: number;
}

/** The arguments of turnutils_uclient(1): one client, 20 ms between the packets, no RTCP twin of the flow. */
export function uclientArguments(options: RelayOptions): string[] {
  return [
    ...['-W', options.secret, '-u', 'test'],
    ...['-e', options.peer, '-r', String(options.peerPort)],
    ...['-n', String(options.count), '-m', '1', '-c', '-z', '20'],
    ...(options.transport === 'tcp' ? ['-t'] : []),
    ...(options.method === 'send-indication' ? ['-s'] : []),
    options.server,
  ];
}

/** Reads the output of turnutils_uclient 4.6; `lost` counts what was to be sent and did not come back. */
export function parseUclient(output: string): RelayResult {
  // The totals are repeated every second: the last are the final ones.
  const totals = [...output.matchAll(/tot_send_msgs=(\d+), tot_recv_msgs=(\d+)/g)].at(-1);
  const refused = output.match(/error (\d{3}) \(([^)]*)\)/);
  const cannot = output.match(/(?:ERROR: )(Cannot [^\n]*)|(recv: [^\n]*)/);
  const sent = Number(totals?.[1] ?? 0);
  const received = Number(totals?.[2] ?? 0);
  return {
    sent,
    received,
    lost: sent - received,
    refusal: refused === null ? (cannot?.[1] ?? cannot?.[2] ?? null) : `${refused[1]} ${refused[2]}`,
    output,
  };
}
