import test from 'ava';
import fc from 'fast-check';
import { createFakeNft } from '../../../agent/nftables/index.ts';
import { ACTS, endsWell } from '../../support/acts.ts';
import { simulate } from '../../support/simulation.ts';

function simulateOnPaper() {
  const nft = createFakeNft();
  return simulate(nft, () => nft.flushRuleset());
}

test('whatever happens, the rules and the services end as the last state of the world asks', async (t) => {
  const names = fc.array(fc.constantFrom(...ACTS.map(([name]) => name)), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(names, async (happened) => {
      const simulation = await simulateOnPaper();
      try {
        t.deepEqual(await endsWell(simulation, happened), []);
      } finally {
        await simulation.end();
      }
    }),
    { numRuns: 60 },
  );
});

test('only an operator’s stop ends in a hold', async (t) => {
  const simulation = await simulateOnPaper();
  const held = async () => (await simulation.look()).held;
  await simulation.settle();
  simulation.world.down();
  simulation.world.up();
  await simulation.settle();
  t.deepEqual(await held(), []);
  simulation.world.stop('livekit');
  await simulation.settle();
  t.deepEqual(await held(), ['livekit']);
  simulation.restartAgent();
  await simulation.settle();
  t.false(simulation.world.isRunning('livekit'));
  simulation.world.start('livekit');
  await simulation.settle();
  t.deepEqual(await held(), []);
  await simulation.end();
});
