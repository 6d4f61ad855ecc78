/** When an agent dies: at its n-th act on the world (from 1), before that has an effect, or after it had. */
export interface Fate {
  readonly act: number;
  readonly when: 'before' | 'after';
}

/** One run of an agent, as far as it acts on the world. */
export interface Life {
  /** Does something; never returns to an agent that is dead by then. */
  act<T>(what: string, effect: () => Promise<T>): Promise<T>;
  /** Waits for something that changes nothing; as `act`, but not counted. */
  wait<T>(result: T): Promise<T>;
  readonly death: Promise<'died'>;
}

/** Lets an agent die once, at its fate, and keeps a list of what was done to the world, in all its lives. */
export function createMortality() {
  const done: string[] = [];
  let fate: Fate | null = null;
  let acts = 0;
  return {
    done,
    /** From here on acts are counted, and the list begins anew. */
    decree(next: Fate | null): void {
      done.length = 0;
      acts = 0;
      fate = next;
    },
    begin(): Life {
      const never = new Promise<never>(() => undefined);
      const { promise: death, resolve } = Promise.withResolvers<'died'>();
      let dead = false;
      const die = () => {
        dead = true;
        fate = null;
        resolve('died');
        return never;
      };
      return {
        death,
        wait: async (result) => (dead ? never : result),
        async act(what, effect) {
          if (dead) return never;
          acts += 1;
          const dies = fate?.act === acts ? fate.when : null;
          if (dies === 'before') return die();
          const result = await effect();
          done.push(what);
          if (dies === 'after') return die();
          return dead ? never : result;
        },
      };
    },
  };
}

export type Mortality = ReturnType<typeof createMortality>;
