import { isIPv6 } from 'node:net';
import { AgentError } from '../system/errors.ts';
import type { Run } from '../system/processes.ts';
import {
  type ConntrackEntry,
  contradictions,
  type Publication,
  parseConntrack,
} from './conntrack-entries.ts';

const TIMEOUT_MS = 5_000;
/** A line has some 200 bytes, and a busy host a million connections. */
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * Deletes the conntrack entries that contradict the published backends, and no others.
 * Resolves to how many it deleted. Error: CONNTRACK_FAILED.
 */
export async function cleanConntrack(run: Run, now: Publication): Promise<number> {
  if (now.published.length === 0) return 0;
  // All of both families at once: its own filters read as much, once for each port, family and direction.
  const listing = await conntrack(run, ['-L']);
  const ports = new Set(now.published.map(({ port }) => port));
  const ours = listing.match(new RegExp(`^.* dport=(?:${[...ports].join('|')}) .*$`, 'gm')) ?? [];
  const stale = contradictions(parseConntrack(ours.join('\n')), now);
  const deletions = new Map(stale.map((entry) => [deletion(entry).join(' '), deletion(entry)]));
  for (const args of deletions.values()) await conntrack(run, args);
  return stale.length;
}

/** One command for all clients that were led to the same wrong place. */
function deletion({ protocol, original, reply }: ConntrackEntry): string[] {
  return [
    '-D',
    '-f',
    isIPv6(original.source) ? 'ipv6' : 'ipv4',
    '-p',
    protocol,
    '--orig-dst',
    original.destination,
    '--orig-port-dst',
    String(original.destinationPort),
    '--reply-src',
    reply.source,
    '--reply-port-src',
    String(reply.sourcePort),
  ];
}

async function conntrack(run: Run, args: readonly string[]): Promise<string> {
  const result = await run('/usr/sbin/conntrack', args, { timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES });
  // Exit 1 with "0 flow entries" means that nothing matched.
  if (result.exitCode === 0 || /\b0 flow entries/.test(result.stderr)) return result.stdout;
  throw new AgentError({
    code: 'CONNTRACK_FAILED',
    message: `conntrack ${args[0]} exited ${result.exitCode}: ${result.stderr.trim()}`,
    hint: 'Check that the package conntrack is installed and the module nf_conntrack_netlink can be loaded.',
  });
}
