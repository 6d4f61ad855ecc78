import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Programs of the release that run in a process of their own, and their sources. */
const SOURCES = {
  'media-probe': 'agent/probes/media/media-probe-process.ts',
  'verify-request': 'agent/agentctl/verify/request-process.ts',
} as const;

/** The command line of such a program: a bundle beside the others, or its source. Throws when it is at neither. */
export function ownProgram(name: keyof typeof SOURCES): readonly [command: string, ...args: string[]] {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const [bundle, source] = [join(folder, `${name}.js`), join(folder, SOURCES[name])];
    if (existsSync(bundle)) return [process.execPath, bundle];
    if (existsSync(source)) return [process.execPath, '--import=tsx', source];
  }
  throw new Error(`this release has no program ${name}`);
}
