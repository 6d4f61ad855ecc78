import type { Prober } from '../probes/prober.ts';
import type { Lives } from '../probes/types.ts';

export interface Probing {
  /** Looks whether a turn is due, now. */
  look(): void;
  stop(): void;
}

/** Lets the prober take its turns while the agent runs: at its own beat, and whenever something changed. */
export function keepProbing(prober: Prober, lives: () => Lives): Probing {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  async function turn(): Promise<void> {
    const dueInMs = await prober.tick(lives());
    if (stopped) return;
    clearTimeout(timer);
    timer = setTimeout(look, dueInMs);
  }

  function look(): void {
    void turn();
  }

  return {
    look,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
