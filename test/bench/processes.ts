import { readFile } from 'node:fs/promises';
import { isErrno } from '../../agent/system/errors.ts';
import { run, runOk } from '../../agent/system/processes.ts';

/** Memory of some processes together. */
export interface Memory {
  readonly processes: number;
  /** Counts a page once for each process that maps it. */
  readonly rssBytes: number;
  /** Counts a shared page in part (proc_pid_smaps(5)): this is what the machine has less. */
  readonly pssBytes: number;
}

/** CPU time of a process and of its children that have ended. */
export interface CpuTime {
  readonly selfMs: number;
  readonly childrenMs: number;
}

/** The processes of a network namespace that have this name. Others on the machine are somebody else's. */
export async function processesOf(namespace: string, name: string): Promise<number[]> {
  const { stdout } = await runOk(run, 'ip', ['netns', 'pids', namespace], {
    timeoutMs: 10_000,
    code: 'BENCH_PROCESSES',
    hint: 'Needs root and iproute2.',
  });
  const pids = stdout.split('\n').filter((line) => line !== '');
  const names = await Promise.all(pids.map((pid) => readUnlessGone(`/proc/${pid}/comm`)));
  return pids.filter((_, index) => names[index]?.trim() === name).map(Number);
}

/** Memory of these processes; one that is gone counts for nothing. */
export async function memoryOf(pids: readonly number[]): Promise<Memory> {
  const rollups = await Promise.all(pids.map((pid) => readUnlessGone(`/proc/${pid}/smaps_rollup`)));
  const present = rollups.filter((rollup) => rollup !== null);
  const sum = (field: string) =>
    present.reduce((bytes, rollup) => bytes + kibibytes(rollup, field) * 1024, 0);
  return { processes: present.length, rssBytes: sum('Rss'), pssBytes: sum('Pss') };
}

/** What a process has used of the CPU since it began, in ticks of 10 ms (proc_pid_stat(5)). */
export async function cpuTimeOf(pid: number): Promise<CpuTime> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name, in parentheses, may have spaces: fields are counted after it. utime is the 14th of all.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const tickMs = (field: number) => Number(fields[field - 3]) * 10;
  return { selfMs: tickMs(14) + tickMs(15), childrenMs: tickMs(16) + tickMs(17) };
}

async function readUnlessGone(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ESRCH')) return null;
    throw error;
  }
}

function kibibytes(rollup: string, field: string): number {
  const value = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1];
  // A process on its way out has an empty map.
  return value === undefined ? 0 : Number(value);
}
