import type { Instant } from '../system/clock.ts';
import { filesToWrite } from './files-to-write.ts';
import { mayReboot, nextTurn, type Rung, serviceLadder, type Turn } from './ladder.ts';
import { remedy } from './remedies.ts';
import { type Need, needOf } from './service-need.ts';
import type { Plan, Step } from './steps.ts';
import type { Desired, EngineState, History, Observed } from './types.ts';

/** A service with what it needs and when its turn is. */
export interface Case {
  readonly service: string;
  readonly need: Need;
  readonly turn: Turn;
  /** False while what Compose needs is not there: the steps that bring it come first. */
  readonly isPossible: boolean;
}

/**
 * The steps that bring every service to run as it should, one service never waiting for another. `mayBeDeaf`: the rules
 * are in order, so that silence is the service's own.
 */
export function planServices(
  observed: Observed,
  desired: Desired,
  history: History,
  now: Instant,
  mayBeDeaf = true,
): Plan {
  const onDisk = desired.refused !== null && observed.filesOnDisk.has('compose.yaml');
  if (desired.files.length === 0 && !onDisk) return { steps: [], dueInMs: null };
  const cases = servicesInNeed(observed, desired, history, now, mayBeDeaf);
  const possible = cases.filter((one) => one.isPossible);
  const waits = possible
    .map(({ need, turn }) => (need.kind === 'wait' ? need.forMs : isHealing(need) ? turn.dueInMs : 0))
    .filter((ms) => ms > 0);
  const due = possible.filter(({ need, turn }) => isHealing(need) && turn.dueInMs === 0);
  return {
    steps: [...possible.flatMap(intentStep), ...remedySteps(due, desired)],
    dueInMs: waits.length === 0 ? null : Math.min(...waits),
  };
}

/** Every service with what it needs now; none while the engine does not answer. */
export function servicesInNeed(
  observed: Observed,
  desired: Desired,
  history: History,
  now: Instant,
  mayBeDeaf = true,
): readonly Case[] {
  if (!observed.engine.ok) return [];
  const engine = observed.engine.value;
  const { healing } = desired;
  const areFilesThere = filesToWrite(observed, desired).length === 0;
  return desired.services.map(({ name }) => {
    const canBeMade = areFilesThere && !lacksImage(name, engine, desired);
    const need = needOf(name, { engine, observed, desired, mayBeDeaf, canBeMade }, history, now);
    // Without image and files a container can be started as it is, where that may help.
    const canOnlyStart =
      !canBeMade && need.kind === 'fault' && need.container !== null && need.least === 'restart';
    const turn = nextTurn({
      subject: name,
      attempts: history.ledger,
      ladder: serviceLadder(healing),
      healing,
      least: need.kind === 'fault' ? need.least : 'restart',
      allows: (rung) =>
        canOnlyStart ? rung === 'restart' : othersAllow(rung, name, engine, observed, desired, history, now),
      slowRung: canOnlyStart ? 'restart' : 'recreate',
      now,
    });
    return { service: name, need, turn, isPossible: canBeMade || canOnlyStart || !isHealing(need) };
  });
}

const isHealing = ({ kind }: Need) => kind === 'fault' || kind === 'update';

const lacksImage = (name: string, { missingImages }: EngineState, { images }: Desired) =>
  images.some(({ service, reference }) => service === name && missingImages.includes(reference));

/**
 * Whether others would pay too much for a rung. The stack as a whole has one thing that its containers do not have
 * each: its network. So that is made anew for a service on it, if no other on it serves. The engine and the machine are
 * restarted if nothing serves at all. What an operator holds is not touched for the sake of others.
 */
function othersAllow(
  rung: Rung,
  service: string,
  engine: EngineState,
  { verdicts, engineUnit }: Observed,
  { services, healing }: Desired,
  history: History,
  now: Instant,
): boolean {
  if (rung !== 'stack' && rung !== 'engine' && rung !== 'reboot') return true;
  const networkOf = (name: string) => services.find((candidate) => candidate.name === name)?.network;
  const serving = services.filter(
    ({ name }) =>
      name !== service &&
      verdicts.get(name)?.ok === true &&
      engine.containers.some((container) => container.service === name && container.state === 'running'),
  );
  if (history.holds.length > 0) return false;
  if (rung === 'stack') {
    return networkOf(service) === 'bridge' && serving.every(({ network }) => network !== 'bridge');
  }
  if (serving.length > 0) return false;
  return rung === 'engine' ? engineUnit.kind !== 'none' : mayReboot(history.ledger, healing, now);
}

/** Holding and releasing cost nothing and wait for no turn. */
function intentStep({ service, need }: Case): Step[] {
  if (need.kind === 'hold') return [{ kind: 'hold-service', service, why: need.why }];
  return need.kind === 'release' ? [{ kind: 'release-service', service, why: need.why }] : [];
}

/** What is done for each; services that need the same of Compose are brought up together: it knows their order. */
function remedySteps(due: readonly Case[], desired: Desired): Step[] {
  const steps = due.map((one) => remedy(one, desired));
  const singly = steps.filter((step) => step.kind !== 'compose-up');
  const together = [
    ...Map.groupBy(
      steps.filter((step) => step.kind === 'compose-up'),
      groupOf,
    ).values(),
  ];
  return [
    ...singly,
    ...together.flatMap(([first, ...others]) =>
      first === undefined
        ? []
        : [
            {
              ...first,
              services: [first, ...others].flatMap(({ services }) => services),
              why: [first, ...others].map(({ why }) => why).join('; '),
            },
          ],
    ),
  ];
}

const groupOf = ({ rung, forceRecreate }: Extract<Step, { kind: 'compose-up' }>) =>
  `${rung} ${forceRecreate}`;
