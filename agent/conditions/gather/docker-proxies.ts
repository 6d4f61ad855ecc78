import { join } from 'node:path';
import { known, unknown } from '../findings.ts';
import type { Facts } from '../types.ts';
import { linkOfProcess, nameOfProcess, pidsOf, readOfProcess } from './proc.ts';

interface Proxy {
  readonly port: string | null;
  readonly pssBytes: number | null;
  readonly rssBytes: number;
}

/**
 * The docker-proxy processes of this machine, with their memory: RSS, and PSS (proc_pid_smaps(5)), which counts
 * shared pages in part and so can be summed. PSS of other users' processes needs root.
 */
export async function gatherDockerProxies(procDirectory = '/proc'): Promise<Facts['dockerProxies']> {
  // With hidepid, or ProtectProc= of systemd, other users' processes look as if they were not there.
  if (nameOfProcess(join(procDirectory, '1')) === null) {
    return unknown('the processes of other users are hidden here');
  }
  const here = linkOfProcess(join(procDirectory, 'self/ns/net'));
  const named = pidsOf(procDirectory)
    .map((pid) => join(procDirectory, pid))
    .filter((directory) => nameOfProcess(directory) === 'docker-proxy');
  const found = await Promise.all(named.map((directory) => inspect(directory, here)));
  const proxies = found.filter((proxy) => proxy !== null);
  return known({
    count: proxies.length,
    pssBytes: proxies.reduce<number | null>(
      (sum, { pssBytes }) => (sum === null || pssBytes === null ? null : sum + pssBytes),
      0,
    ),
    rssBytes: proxies.reduce((sum, { rssBytes }) => sum + rssBytes, 0),
    // Docker starts one process for IPv4 and one for IPv6.
    ports: [...new Set(proxies.flatMap(({ port }) => port ?? []))].sort(
      (a, b) => parseInt(a, 10) - parseInt(b, 10),
    ),
  });
}

/** Null when it is one of an engine in a container, or gone by now. */
async function inspect(directory: string, here: string | null): Promise<Proxy | null> {
  // Where the namespace may not be read, without root, it is taken for this one.
  if ((linkOfProcess(join(directory, 'ns/net')) ?? here) !== here) return null;
  const status = await readOfProcess(join(directory, 'status'));
  const commandLine = await readOfProcess(join(directory, 'cmdline'));
  const rssBytes = status === null ? null : kibibytes(status, 'VmRSS');
  // A zombie has no memory and holds no port; only its parent has not collected it yet.
  if (commandLine === null || rssBytes === null) return null;
  const rollup = await readOfProcess(join(directory, 'smaps_rollup'));
  return {
    port: publishedPort(commandLine),
    pssBytes: rollup === null ? null : kibibytes(rollup, 'Pss'),
    rssBytes,
  };
}

/** `7882/udp` of `docker-proxy -proto udp -host-ip 0.0.0.0 -host-port 7882 …`, whose words are separated by NUL. */
function publishedPort(commandLine: string): string | null {
  const words = commandLine.split('\0');
  const after = (option: string) => (words.includes(option) ? words[words.indexOf(option) + 1] : undefined);
  const protocol = after('-proto');
  const port = after('-host-port');
  return protocol && port ? `${port}/${protocol}` : null;
}

/** The field `Name:  123 kB` in bytes. */
function kibibytes(text: string, name: string): number | null {
  const value = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1];
  return value === undefined ? null : Number(value) * 1024;
}
