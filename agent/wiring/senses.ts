import { gatherForwardPath } from '../conditions/gather/forward-path.ts';
import { sparesMemory } from '../conditions/memory-levels.ts';
import { createSurvey } from '../hardware/survey.ts';
import { askAll } from '../probes/ask.ts';
import { createCommandChecker } from '../probes/command-check.ts';
import { createProber } from '../probes/prober.ts';
import { undecided } from '../reconcile/perimeter.ts';
import { createSlowFacts, rulesKeptMs } from '../reconcile/slow-facts.ts';
import { createLogWatch, newestLines } from '../symptoms/log-watch.ts';
import { coalesce } from '../system/coalesce.ts';
import { keep } from '../system/keep.ts';
import { withoutValues } from '../system/log.ts';
import { releaseFolder } from '../system/release-folder.ts';
import { watchDiscovery } from './discovery.ts';
import { watchMedia } from './media.ts';
import type { Parts } from './parts.ts';

/** A firewall is written rule by rule, and some programs write theirs again and again. */
const OTHERS_RULES = { settleMs: 1_000, apartMs: 15_000 };

/** What looks at the machine beside the rounds of the loop, each at a beat of its own. */
export type Senses = Awaited<ReturnType<typeof openSenses>>;

/** Resolves after a first look at everything slow. `onChange`: something was seen that the loop should look at. */
export async function openSenses(parts: Parts, onChange: () => void) {
  const { paths, clock, run, engine, compose, look, memory, secrets, stack } = parts;
  const hardware = createSurvey({
    folders: { shipped: releaseFolder('firmware-profiles'), overrides: paths.profileOverrides },
    record: { path: paths.tuneRecord, bootId: clock.now().bootId },
  });
  const slowFacts = createSlowFacts({
    run,
    clock,
    hardware: hardware.report,
    composeVersion: () => compose.version(),
    discovery: watchDiscovery(parts),
    symptoms: createLogWatch({
      clock,
      services: look.watched,
      ours: look.ours,
      read: newestLines(paths.engineSocket),
    }),
    flows: look.traffic,
    management: () => undecided(look.config(), memory.history().perimeter),
    mdns: () => look.config()?.site.mdns ?? false,
    paths,
  });
  let slow = await slowFacts.gather();
  const commands = createCommandChecker({
    clock,
    exec: engine.exec,
    exitCodeOf: engine.execExitCode,
    redact: (text) => withoutValues(text, secrets.values()),
  });
  /** A command in a container is given five times as long as an answer: the engine starts a process for it. */
  const checkOf = (service: string) => {
    const check = look.checkOf(service);
    const timeoutMs = 5 * look.budgetsOf(service).timeout;
    return check && ((due: boolean) => commands.ask({ ...check, timeoutMs }, due));
  };
  const prober = createProber({
    clock,
    budgetsOf: look.budgetsOf,
    ask: (service, thorough) =>
      askAll(stack().probes(service, look.placesOf(service)), {
        thorough: thorough && !sparesMemory(slow.memory),
        timeoutMs: look.budgetsOf(service).timeout,
        check: sparesMemory(slow.memory) ? null : checkOf(service),
        turnSecret: secrets.latest()?.turn ?? null,
      }),
    onChange,
  });
  const gatherAgain = async () => {
    slow = await slowFacts.gather();
  };
  const lookSoon = coalesce(() => void gatherAgain().then(onChange), OTHERS_RULES);
  const media = watchMedia(parts, { verdicts: prober.verdicts, slow: () => slow, onChange });
  return {
    media,
    /** Resolves once the hardware was looked at for the first time, which takes longer than a start may. */
    hardwareLooked: hardware.looked,
    forwardPath: keep(() => gatherForwardPath(run), rulesKeptMs, clock),
    rulesChanged: slowFacts.rulesChanged,
    /** Rules that decide about our packets too, perhaps: whoever wrote them waits to see what they do. */
    othersRulesChanged() {
      slowFacts.rulesChanged();
      lookSoon.ask();
    },
    /** The newest look at everything slow. */
    slow: () => slow,
    gatherAgain,
    stop: lookSoon.stop,
    prober,
  };
}
