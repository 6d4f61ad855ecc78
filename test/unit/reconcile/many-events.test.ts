import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import test from 'ava';
import { createFakeNft } from '../../../agent/nftables/index.ts';
import { simulate } from '../../support/simulation.ts';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** The life of a container that somebody runs for a moment: `docker compose run --rm`. */
const LIFE = ['create', 'start', 'kill', 'die', 'stop', 'destroy'] as const;
/** Before the first look at the heap: code and caches come first. */
const WARM = 1_998;
/** 10,000 events. What is kept for ever grows in each round; what V8 compiles in between does so in some. */
const ROUND = 1_667;
const ROUNDS = 4;
const AT_ONCE = 111;
/** One small entry an event in one map would be four times as much. */
const MOST_GROWTH_BYTES = 64 * 1024;

test('ten thousand events leave nothing behind in the memory of the loop', async (t) => {
  const nft = createFakeNft();
  const simulation = await simulate(nft, () => nft.flushRuleset());
  await simulation.settle();
  let lives = 0;
  const heapAfter = async (count: number) => {
    for (const end = lives + count; lives < end; ) {
      lives += 1;
      for (const action of LIFE) {
        simulation.world.onEvent({
          type: 'container',
          action,
          service: 'livekit',
          containerId: `one-off-${lives}`,
          exitCode: action === 'die' ? 137 : null,
          signal: action === 'kill' ? 9 : null,
          timeNano: `${1_767_225_600_000_000_000n + BigInt(lives)}`,
        });
      }
      if (lives % AT_ONCE === 0) await simulation.settle();
    }
    await simulation.settle();
    collect();
    return process.memoryUsage().heapUsed;
  };
  let before = await heapAfter(WARM);
  const growths: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const after = await heapAfter(ROUND);
    growths.push(after - before);
    before = after;
  }
  t.log(`bytes a round: ${growths.join(', ')}`);
  t.true(Math.min(...growths) < MOST_GROWTH_BYTES, growths.join());
  await simulation.end();
});
