import type { ContainerObservation } from '../engine/types.ts';

/** What is known of how a container ended. */
export type Ended = Pick<ContainerObservation, 'state' | 'exitCode' | 'oomKilled' | 'error'>;

/** How a container ended, for a person. */
export function exitInWords(container: Ended): string {
  if (container.error !== '') return `the engine could not start it: ${container.error}`;
  if (container.oomKilled) return 'it was killed for lack of memory (out of memory)';
  if (container.state === 'created') return 'it was never started';
  const { exitCode } = container;
  if (exitCode === null) return 'it ended';
  return exitCode > 128 && exitCode < 160
    ? `it was ended by signal ${exitCode - 128} (exit ${exitCode})`
    : `it exited with ${exitCode}`;
}
