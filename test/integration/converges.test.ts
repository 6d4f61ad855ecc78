import fc from 'fast-check';
import { createNft } from '../../agent/nftables/index.ts';
import { ACTS, endsWell } from '../support/acts.ts';
import { createMachine, type Machine } from '../support/machine.ts';
import { needs, testWhen } from '../support/needs.ts';
import { simulate } from '../support/simulation.ts';

const test = testWhen(needs({ root: true, commands: ['nft', 'ip', 'nsenter'] }));
let machine: Machine;

test.before('a network namespace with rules of its own', async () => {
  machine = await createMachine();
});
test.after.always('it is taken away', () => machine?.destroy());

test('whatever happens, the rules of the real nft end as the last state of the world asks', async (t) => {
  const nft = createNft({
    run: (command, args, options) => machine.inHost(command, args, options),
    temporaryDirectory: machine.root,
  });
  const flush = () => machine.inHost('/usr/sbin/nft', ['flush', 'ruleset']);
  const names = fc.array(fc.constantFrom(...ACTS.map(([name]) => name)), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(names, async (happened) => {
      await flush();
      const simulation = await simulate(nft, flush);
      try {
        t.deepEqual(await endsWell(simulation, happened), []);
      } finally {
        await simulation.end();
      }
    }),
    { numRuns: 12 },
  );
});
