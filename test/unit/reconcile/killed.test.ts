import test from 'ava';
import { createFakeNft } from '../../../agent/nftables/index.ts';
import { endsWell } from '../../support/acts.ts';
import type { Fate } from '../../support/mortality.ts';
import { type Simulation, simulate } from '../../support/simulation.ts';

/** What befalls a machine, and what is wrong with it when it is over. */
type Fault = readonly [string, (simulation: Simulation) => unknown];

const FAULTS: readonly Fault[] = [
  ['the relay crashes', ({ world }) => world.crash('coturn', false)],
  ['the SFU is removed', ({ world }) => world.remove('livekit')],
  ['the SFU hangs', ({ world }) => world.silent.add('livekit')],
  [
    'both hang at once',
    ({ world }) => {
      world.silent.add('livekit');
      world.silent.add('coturn');
    },
  ],
  [
    'the image of the SFU is broken',
    ({ world }) => {
      world.broken.add('livekit');
      world.crash('livekit', false);
    },
  ],
  [
    'the network of the SFU is broken',
    ({ world }) => {
      world.misled.add('livekit');
      world.crash('livekit', false);
    },
  ],
  [
    'the image of the relay is gone, and its container',
    ({ world }) => {
      world.missing.add('coturn');
      world.remove('coturn');
    },
  ],
  ['somebody flushes the ruleset', ({ flushRuleset }) => flushRuleset()],
  ['the SFU moves', ({ world }) => world.move('livekit')],
  ['the engine hangs', ({ world }) => world.down()],
];

async function newAppliance(): Promise<Simulation> {
  const nft = createFakeNft();
  return simulate(nft, () => nft.flushRuleset());
}

/** The fault on an appliance that is up, with an agent of that fate; what was done, and what is wrong at the end. */
async function live(harm: Fault[1], fate: Fate | null) {
  const simulation = await newAppliance();
  try {
    await simulation.settle();
    simulation.mortality.decree(fate);
    await harm(simulation);
    await simulation.settle();
    const done = simulation.mortality.done.flatMap((what) => what.split(', '));
    return { done, wrong: await endsWell(simulation, []) };
  } finally {
    await simulation.end();
  }
}

/** Some steps are of several acts: one that was cut short half-way, or at its end, is begun anew, once. */
const HALF_WAY = /^(remove |load |down$)/;
const AGAIN = /^(remove |load |down$|up )/;
const counted = (done: readonly string[]) =>
  new Map([...Map.groupBy(done, (what) => kindOf(what))].map(([what, { length }]) => [what, length]));
/** Containers are made anew under new ids. */
const kindOf = (what: string) => what.replace(/-\d+$/, '');

for (const [what, harm] of [...FAULTS, ['nothing is there yet', undefined] as const]) {
  test(`${what}: an agent killed before or after any of its acts is followed by one that repeats and forgets nothing`, async (t) => {
    const befall = harm ?? firstBoot;
    const undisturbed = await live(befall, null);
    t.deepEqual(undisturbed.wrong, []);
    t.true(undisturbed.done.length > 0, 'something is done about it');
    const most = counted(undisturbed.done);
    for (let act = 1; act <= undisturbed.done.length; act += 1) {
      for (const when of ['before', 'after'] as const) {
        const { done, wrong } = await live(befall, { act, when });
        const place = `killed ${when} act ${act} of ${undisturbed.done.join('; ')}`;
        t.deepEqual(wrong, [], place);
        for (const [kind, times] of counted(done)) {
          const cutShort = undisturbed.done
            .slice(Math.max(0, act - 2), act)
            .some((one) => HALF_WAY.test(one));
          const again = cutShort && AGAIN.test(kind) ? 1 : 0;
          t.true(
            times <= (most.get(kind) ?? 0) + again,
            `${kind} ${times} times, ${place}: ${done.join('; ')}`,
          );
        }
      }
    }
  });
}

/** The engine has neither containers nor images. */
function firstBoot({ world }: Simulation): void {
  for (const service of ['livekit', 'coturn']) {
    world.remove(service);
    world.missing.add(service);
  }
}

for (const days of [366, -366]) {
  test(`the clock on the wall is set by ${days} days: nothing is done, and what waits comes in its time`, async (t) => {
    const simulation = await newAppliance();
    await simulation.settle();
    simulation.mortality.decree(null);
    simulation.stepWallClock(days * 86_400_000);
    await simulation.settle();
    t.deepEqual(simulation.mortality.done, []);
    simulation.world.broken.add('coturn');
    simulation.world.crash('coturn', false);
    await simulation.settle(1_000);
    simulation.stepWallClock(-days * 86_400_000);
    await simulation.settle();
    t.deepEqual(await endsWell(simulation, []), []);
    await simulation.end();
  });
}

test('a service that ends at once, for ever: the other is left alone, and at last it is tried every five minutes', async (t) => {
  const simulation = await newAppliance();
  await simulation.settle();
  const { world, mortality } = simulation;
  mortality.decree(null);
  const doomed = setDoomed(world.broken, 'livekit');
  world.crash('livekit', false);
  await simulation.settle(15 * 60_000);
  const first = mortality.done.length;
  t.deepEqual(
    mortality.done.filter((what) => /coturn|engine/.test(what)),
    [],
  );
  mortality.decree(null);
  await simulation.settle(60 * 60_000);
  t.true(first <= 40, `${first} acts in the first quarter of an hour`);
  const anew = mortality.done.filter((what) => what === 'up livekit').length;
  t.true(anew >= 10 && anew <= 12, `made anew ${anew} times in an hour`);
  t.true(world.isRunning('coturn'));
  doomed.end();
  await simulation.settle();
  t.deepEqual(await endsWell(simulation, []), []);
  await simulation.end();
});

/** Keeps a service in the set, whoever takes it out. */
function setDoomed(broken: Set<string>, service: string) {
  const remove = broken.delete.bind(broken);
  broken.add(service);
  broken.delete = (name) => name !== service && remove(name);
  return {
    end() {
      broken.delete = remove;
      remove(service);
    },
  };
}
