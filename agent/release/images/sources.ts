import { stat } from 'node:fs/promises';
import { AgentError, isErrno } from '../../system/errors.ts';
import { type Run, runOk } from '../../system/processes.ts';
import type { ImageSource } from './image.ts';
import { programLayer } from './layer.ts';

/** The real coturn, from Debian's package. */
export async function coturnSource(run: Run, turnserver: string): Promise<ImageSource> {
  return {
    service: 'coturn',
    repository: 'appliance-agent/coturn',
    version: await versionOf(run, turnserver, 'Install it: apt-get install coturn.'),
    entrypoint: ['/usr/bin/turnserver', '-c', '/etc/coturn/turnserver.conf'],
    layer: await programLayer(
      run,
      { source: turnserver, target: '/usr/bin/turnserver', executable: true },
      [],
      [
        { path: '/etc/coturn', mode: 0o755 },
        { path: '/tmp', mode: 0o1777 },
      ],
    ),
  };
}

/** The stand-in for LiveKit: one bundled script, and the Node.js that the agent itself runs on. */
export async function livekitSource(run: Run, node: string, standin: string): Promise<ImageSource> {
  const script = '/usr/lib/livekit-standin.mjs';
  return {
    service: 'livekit',
    repository: 'appliance-agent/livekit-standin',
    version: `node${await versionOf(run, node, 'Run the Node.js that came with the agent.')}`,
    // A small heap: it holds nothing but a few connections.
    entrypoint: ['/usr/bin/node', '--max-old-space-size=64', script],
    layer: await programLayer(
      run,
      { source: node, target: '/usr/bin/node', executable: true },
      [{ source: standin, target: script, executable: false }],
      [],
    ),
  };
}

/** The `1.2.3` that a program prints when asked for its version. Error: IMAGE_SOURCE_MISSING. */
async function versionOf(run: Run, program: string, hint: string): Promise<string> {
  if (!(await isThere(program))) throw missing(`there is no ${program} to make an image from`, hint);
  const { stdout } = await runOk(run, program, ['--version'], {
    timeoutMs: 10_000,
    code: 'IMAGE_SOURCE_MISSING',
    hint,
  });
  const [version] = /\d+\.\d+\.\d+/.exec(stdout) ?? [];
  if (version === undefined) throw missing(`${program} --version does not print a version`, hint);
  return version;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

function missing(message: string, hint: string): AgentError {
  return new AgentError({ code: 'IMAGE_SOURCE_MISSING', message, hint });
}
