import { gatherForwardPath } from '../conditions/gather/forward-path.ts';
import { createSurvey } from '../hardware/survey.ts';
import { askAll } from '../probes/ask.ts';
import { createProber } from '../probes/prober.ts';
import { undecided } from '../reconcile/perimeter.ts';
import { createSlowFacts, rulesKeptMs } from '../reconcile/slow-facts.ts';
import { createLogWatch, newestLines } from '../symptoms/log-watch.ts';
import { keep } from '../system/keep.ts';
import { releaseFolder } from '../system/release-folder.ts';
import type { Parts } from './parts.ts';

/** What looks at the machine beside the rounds of the loop, each at a beat of its own. */
export type Senses = Awaited<ReturnType<typeof openSenses>>;

/** Resolves after a first look at everything slow. `onServing`: a service began or ceased to serve. */
export async function openSenses(
  { paths, clock, run, compose, look, memory, secrets, stack }: Parts,
  onServing: () => void,
) {
  const hardware = createSurvey({
    folders: { shipped: releaseFolder('firmware-profiles'), overrides: paths.profileOverrides },
    record: { path: paths.tuneRecord, bootId: clock.now().bootId },
  });
  const slowFacts = createSlowFacts({
    run,
    clock,
    hardware: hardware.report,
    composeVersion: () => compose.version(),
    symptoms: createLogWatch({
      clock,
      services: look.watched,
      ours: look.ours,
      read: newestLines(paths.engineSocket),
    }),
    flows: look.traffic,
    management: () => undecided(look.config(), memory.history().perimeter),
    root: paths.root,
  });
  let slow = await slowFacts.gather();
  const prober = createProber({
    clock,
    budgetsOf: look.budgetsOf,
    ask: (service, thorough) =>
      askAll(stack().probes(service, look.placesOf(service)), {
        thorough,
        timeoutMs: look.budgetsOf(service).timeout,
        turnSecret: secrets.latest()?.turn ?? null,
      }),
    onChange: onServing,
  });
  return {
    /** Resolves once the hardware was looked at for the first time, which takes longer than a start may. */
    hardwareLooked: hardware.looked,
    forwardPath: keep(() => gatherForwardPath(run), rulesKeptMs, clock),
    rulesChanged: slowFacts.rulesChanged,
    /** The newest look at everything slow. */
    slow: () => slow,
    async gatherAgain() {
      slow = await slowFacts.gather();
    },
    prober,
  };
}
