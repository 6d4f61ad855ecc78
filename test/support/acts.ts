import type { FakeEngine } from './fake-engine.ts';
import { SERVICES } from './simulated-machine.ts';
import type { Simulation } from './simulation.ts';

type Act = (simulation: Simulation) => void | Promise<void>;
const onService = (act: (world: FakeEngine, service: string) => void) =>
  SERVICES.map((service): [string, Act] => [service, ({ world }) => act(world, service)]);
/** What can befall an appliance, by name. */
export const ACTS: readonly (readonly [string, Act])[] = [
  ...onService((world, service) => world.crash(service, true)).map(
    ([on, act]) => [`${on} crashes`, act] as const,
  ),
  ...onService((world, service) => world.crash(service, false)).map(
    ([on, act]) => [`${on} is killed`, act] as const,
  ),
  ...onService((world, service) => world.remove(service)).map(
    ([on, act]) => [`${on} is removed`, act] as const,
  ),
  ...onService((world, service) => world.stop(service)).map(
    ([on, act]) => [`${on} is stopped`, act] as const,
  ),
  ...onService((world, service) => world.start(service)).map(
    ([on, act]) => [`${on} is started`, act] as const,
  ),
  ['livekit moves', ({ world }) => world.move('livekit')],
  ['somebody flushes the ruleset', async ({ flushRuleset }) => void (await flushRuleset())],
  ['the engine goes', ({ world }) => world.down()],
  ['the engine comes', ({ world }) => world.up()],
  ['the agent is restarted', (simulation) => simulation.restartAgent()],
  ['it comes to rest', (simulation) => simulation.settle()],
];

/** Lets all of it happen, in order, and then the engine come back; resolves to what is not as it should be. */
export async function endsWell(
  simulation: Simulation,
  happened: readonly string[],
): Promise<readonly string[]> {
  const { world, nft } = simulation;
  await simulation.settle();
  for (const name of happened) await ACTS.find(([candidate]) => candidate === name)?.[1](simulation);
  world.up();
  await simulation.settle();
  const { differences: left, held } = await simulation.look();
  const stopped = SERVICES.filter((service) => world.isRunning(service) === held.includes(service));
  const listed = await nft.list('inet', 'appliance');
  const targets = listed?.maps[0]?.elements.map(({ value }) => value) ?? [];
  const address = world.addressOf('livekit');
  const right =
    targets.length === (address === null ? 0 : 2) && targets.every((target) => target === address);
  return [
    ...left,
    ...stopped.map((service) => `${service} runs though held, or does not run`),
    ...(right ? [] : [`the ports lead to ${targets.join(', ')} instead of ${address}`]),
  ];
}
