import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import test from 'ava';
import { createFakeNft } from '../../../agent/nftables/index.ts';
import { simulate } from '../../support/simulation.ts';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** The life of a container that somebody runs for a moment: `docker compose run --rm`. */
const LIFE = ['create', 'start', 'kill', 'die', 'stop', 'destroy'] as const;
/** 10,000 events, and a fifth of them before the first look at the heap: code and caches come first. */
const LIVES = 1_667;
const WARM = 333;
const AT_ONCE = 111;
/** One small entry an event in one map would be four times as much. */
const MOST_GROWTH_BYTES = 64 * 1024;

test('ten thousand events leave nothing behind in the memory of the loop', async (t) => {
  const nft = createFakeNft();
  const simulation = await simulate(nft, () => nft.flushRuleset());
  await simulation.settle();
  let lives = 0;
  const heapAfter = async (count: number) => {
    while (lives < count) {
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
  const before = await heapAfter(WARM);
  const growth = (await heapAfter(LIVES)) - before;
  t.log(`${Math.round(growth / 1024)} KiB`);
  t.true(growth < MOST_GROWTH_BYTES, `${growth} bytes`);
  await simulation.end();
});
