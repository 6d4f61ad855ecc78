import { AgentError } from '../../system/errors.ts';
import { type Run, runOk } from '../../system/processes.ts';

export interface Library {
  /** As the program asks for it, e.g. `libssl.so.3`; the dynamic loader by its absolute path. */
  readonly name: string;
  /** Where it is on this machine. */
  readonly path: string;
}

/** The shared libraries of a program, those of its libraries too, and its loader, by ldd(1). Sorted by name. */
export async function sharedLibraries(run: Run, program: string): Promise<Library[]> {
  const { stdout } = await runOk(run, 'ldd', [program], {
    timeoutMs: 10_000,
    env: { LC_ALL: 'C' },
    code: 'IMAGE_SOURCE_MISSING',
    hint: `Check that ${program} is a program of this machine: file ${program}.`,
  });
  return parseLdd(stdout, program);
}

/** The libraries in the output of ldd. Error: IMAGE_SOURCE_MISSING when one was not found or a line is not understood. */
export function parseLdd(output: string, program: string): Library[] {
  const libraries = output
    .split('\n')
    .map((line) => line.trim())
    // linux-vdso and linux-gate come from the kernel, not from a file.
    .filter((line) => line !== '' && !/^linux-(vdso|gate)\.so/.test(line))
    .map((line) => {
      const [, name, path] = /^(?:(\S+) => )?(\/\S+) \(0x[0-9a-f]+\)$/.exec(line) ?? [];
      if (path !== undefined) return { name: name ?? path, path };
      throw new AgentError({
        code: 'IMAGE_SOURCE_MISSING',
        message: `${program} does not run on this machine: ${line}`,
        hint: `Install what it needs: apt-get install --fix-broken; then: ldd ${program}.`,
      });
    });
  return libraries.sort((a, b) => (a.name < b.name ? -1 : 1));
}
