import { followConfig } from './config/follow-config.ts';
import { followRules } from './firewall/rule-monitor.ts';
import { desiredState } from './reconcile/desired.ts';
import { createEngineWatch } from './reconcile/engine-watch.ts';
import { createLoop } from './reconcile/loop.ts';
import { keepProbing } from './reconcile/probing.ts';
import { PROJECT } from './stack/types.ts';
import { describeError } from './system/errors.ts';
import { createGiveBack, ownHeap } from './system/give-back.ts';
import { periodically } from './system/periodic.ts';
import { openControl } from './wiring/control.ts';
import { wireExecutors } from './wiring/effects.ts';
import { wireObservation } from './wiring/observation.ts';
import { openParts } from './wiring/parts.ts';
import { createReporting } from './wiring/reporting.ts';
import { openSenses } from './wiring/senses.ts';

/** Wires the parts and runs until told to stop. With `wiring/`, the one place that knows everybody; it decides nothing. */
async function main(): Promise<void> {
  const parts = await openParts(process.env);
  const { paths, clock, log, manager, store, memory, look } = parts;
  const senses = await openSenses(parts, () => loop.wake());
  const reporting = createReporting(parts, senses, () => engineWatch.version());

  const loop = createLoop({
    clock,
    store,
    memory,
    incidents: parts.incidents,
    log,
    observe: wireObservation(parts, senses),
    desire: (observed) => desiredState(parts.stack(), paths, observed, memory.history(), clock.now()),
    executors: wireExecutors(parts),
    onObserved: look.note,
    report: async (observed, desired) => {
      await reporting.report(observed, desired);
      probing.look();
      await manager.ready();
      await manager.alive();
    },
  });
  const probing = keepProbing(senses.prober, look.lives);
  const engineWatch = createEngineWatch({
    engine: parts.engine,
    project: PROJECT,
    store,
    clock,
    memory,
    loop,
    prober: senses.prober,
    log,
  });
  const control = await openControl(parts, senses, { status: reporting.status, wake: loop.wake });

  const stop = new AbortController();
  // Not `once`: a listener that is gone when execa's own looks makes that one end this process at once, with children
  // running, before anything was put away.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());
  process.on('SIGHUP', loop.wake);

  // The regular look is the backstop of the events of the engine and of the rules.
  const failed = (error: unknown) => log.error({ error: describeError(error) }, 'periodic work failed');
  const beats = [
    periodically('*/10 * * * * *', loop.beat, failed),
    periodically('5,35 * * * * *', senses.gatherAgain, failed),
    periodically('58 * * * * *', createGiveBack(ownHeap), failed),
    periodically('20,50 * * * * *', senses.media.beat, failed),
    periodically(
      '17 * * * *',
      () => {
        const { state, detail } = store.snapshot();
        if (state === 'failed') log.warn({ detail }, 'the database could not be copied');
      },
      failed,
    ),
  ];
  const beside = [
    senses.hardwareLooked.then(senses.gatherAgain).then(loop.beat),
    engineWatch.follow(stop.signal),
    followConfig(paths.config, loop.wake, stop.signal).then((why) => {
      if (why !== null)
        log.warn({ why }, 'changes of the configuration cannot be followed: they are found within 10 s');
    }),
    followRules({
      onChange: () => {
        senses.rulesChanged();
        loop.wake();
      },
      onOtherChange: senses.othersRulesChanged,
      onEnded: (reason) => log.warn({ reason }, 'changes to the rules cannot be followed'),
      signal: stop.signal,
    }),
  ];

  await loop.run(stop.signal);
  await manager.stopping();
  await Promise.all(beside);
  for (const beat of beats) beat.stop();
  probing.stop();
  senses.stop();
  await control.close();
  memory.restraint.stopped();
  store.close();
  log.info('the agent has stopped; the stack goes on without it');
}

await main();
