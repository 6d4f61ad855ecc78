import { elapsedMs, type Instant } from '../system/clock.ts';
import { attemptKey } from './attempt-key.ts';
import { INFRASTRUCTURE_BEAT, nextTry, TIDYING_BEAT } from './backoff.ts';
import { differencesNow, driftSince } from './drift.ts';
import { filesToWrite } from './files-to-write.ts';
import { startable } from './lanes.ts';
import { currentTrial, planPerimeter, trialLeftMs } from './perimeter.ts';
import { planEngine } from './plan-engine.ts';
import { planKernel } from './plan-kernel.ts';
import { planRemovals } from './plan-removals.ts';
import { planServices } from './plan-services.ts';
import { planStorage } from './plan-storage.ts';
import { RESTRAINED_FOR_MS } from './restraint.ts';
import { planRotations } from './rotation.ts';
import type { Plan, Step } from './steps.ts';
import type { Desired, History, Observed } from './types.ts';

/** Conntrack is looked through this often even if nothing happened: an event may have been missed. */
const CONNTRACK_EVERY_MS = 5 * 60_000;

/**
 * What to do next. Pure: the same arguments give the same steps. Steps of one plan are performed in their order;
 * a step that failed is withheld until its turn comes again.
 *
 * Rules come before containers, so that no packet meets an open port without its rule; the firewall never waits
 * for the engine, because a dead engine's containers may still be serving. Containers are touched only on a look in which
 * nothing else is due: by the time that rules are written, an operator may have stopped what seemed to have died.
 */
export function plan(observed: Observed, desired: Desired | null, history: History, now: Instant): Plan {
  if (desired === null) return { steps: [], dueInMs: null };
  const rules = [
    ...(observed.config ? planPerimeter(observed.config.firewall, history.perimeter, now) : []),
    ...planFirewall(observed, desired, history, now),
  ];
  if (history.restrainedSince !== null) return underRestraint(history.restrainedSince, rules, history, now);
  const rotations = planRotations(observed, desired, history, now);
  const wanted = [
    ...planSecrets(observed),
    ...rotations.steps,
    ...rules,
    ...planForwardPath(observed),
    ...planKernel(observed, desired),
    ...planImages(observed, desired),
    ...planFiles(observed, desired),
    ...planRemovals(observed, desired, history),
    ...planStorage(observed),
  ];
  const turns = wanted.map((step) => ({ step, dueInMs: dueIn(step, history, now) }));
  // Until the rules can be written, connections that contradict them come back as fast as they are deleted.
  const isWithheld = turns.some(({ step, dueInMs }) => step.kind === 'apply-table' && dueInMs > 0);
  const due = turns
    .filter(({ step, dueInMs }) => dueInMs === 0 && !(isWithheld && step.kind === 'clean-conntrack'))
    .map(({ step }) => step);
  const first = startable(due, history.underWay);
  if (first.length > 0) return { steps: first, dueInMs: null };
  const services = planServices(
    observed,
    { ...desired, services: unlocked(desired.services, wanted) },
    history,
    now,
    rulesAreInOrder(observed, wanted),
  );
  const engine = planEngine(observed, desired, history, now);
  const trial = observed.config && currentTrial(observed.config.firewall, history.perimeter, now);
  const waits = [
    ...turns.map(({ dueInMs }) => dueInMs),
    services.dueInMs ?? 0,
    engine.dueInMs ?? 0,
    rotations.dueInMs,
    trial ? trialLeftMs(trial, now) : 0,
  ];
  const ahead = waits.filter((ms) => ms > 0);
  return {
    steps: startable([...services.steps, ...engine.steps], history.underWay),
    dueInMs: ahead.length === 0 ? null : Math.min(...ahead),
  };
}

/**
 * While the rules are not written a service that is locked in waits: it must not run without its lock. The others may
 * well serve without.
 */
function unlocked(services: Desired['services'], wanted: readonly Step[]): Desired['services'] {
  const isOpen = wanted.some(({ kind }) => kind === 'apply-table');
  return isOpen ? services.filter(({ egress }) => egress === undefined) : services;
}

const dueIn = (step: Step, { attempts }: History, now: Instant) =>
  nextTry(
    attempts.get(attemptKey(step)) ?? [],
    step.kind === 'remove-image' ? TIDYING_BEAT : INFRASTRUCTURE_BEAT,
    now,
  );

/** An agent that only observes does one thing all the same: a perimeter on trial may have locked its operator out. */
function underRestraint(since: Instant, rules: readonly Step[], history: History, now: Instant): Plan {
  const { trial, rolledBack } = history.perimeter;
  const wasOnTrial = trial !== null || (rolledBack !== null && (elapsedMs(since, rolledBack.at) ?? -1) >= 0);
  if (wasOnTrial) {
    return { steps: rules.filter((step) => dueIn(step, history, now) === 0), dueInMs: 1_000 };
  }
  return { steps: [], dueInMs: Math.max(1_000, RESTRAINED_FOR_MS - (elapsedMs(since, now) ?? 0)) };
}

/** While packets do not get through, silence is not the fault of a service, and restarting it is no remedy. */
function rulesAreInOrder({ forwardPath }: Observed, wanted: readonly Step[]): boolean {
  return (
    !(forwardPath.known && !forwardPath.value.open) &&
    wanted.every(({ kind }) => kind !== 'apply-table' && kind !== 'open-forward-path')
  );
}

function planSecrets({ secrets }: Observed): Step[] {
  return secrets.ok && secrets.value === null
    ? [{ kind: 'make-secrets', why: 'this appliance has no secrets yet' }]
    : [];
}

function planFirewall(observed: Observed, desired: Desired, history: History, now: Instant): Step[] {
  const { table } = observed;
  const clean = (why: string): Step => ({
    kind: 'clean-conntrack',
    why,
    backends: desired.backends,
    backends6: desired.backends6,
  });
  if (!table.ok) {
    // What cannot be read is written anyway: the transaction replaces whatever is there, or fails with nft's words.
    const why = `the table cannot be listed: ${table.why}`;
    return [{ kind: 'apply-table', why, table: desired.table, occasion: 'drift', present: null }, clean(why)];
  }
  const drift = driftSince(history.applied, table.value);
  const reasons = drift.length > 0 ? drift : differencesNow(history.converged, desired.table, table.value);
  if (reasons.length > 0) {
    const why =
      reasons.slice(0, 3).join('; ') + (reasons.length > 3 ? ` and ${reasons.length - 3} more` : '');
    const occasion = drift.length > 0 ? 'drift' : history.applied === null ? 'first' : 'change';
    return [
      { kind: 'apply-table', why, table: desired.table, occasion, present: table.value },
      clean('the rules changed'),
    ];
  }
  const age = history.conntrackCleanedAt && elapsedMs(history.conntrackCleanedAt, now);
  return age !== null && age < CONNTRACK_EVERY_MS ? [] : [clean('regular look through the connections')];
}

function planForwardPath({ forwardPath, engine }: Observed): Step[] {
  // Also while the path happens to be open: Docker's policy may turn to DROP at any restart.
  if (!engine.ok || !forwardPath.known) return [];
  const { ipv6, ...ipv4 } = forwardPath.value;
  return [ipv4, ...(ipv6 === null ? [] : [ipv6])]
    .filter(({ rule }) => rule === 'missing')
    .map(({ program }) => ({
      kind: 'open-forward-path',
      why: 'DOCKER-USER has no rule that accepts our mark',
      program,
    }));
}

function planImages({ engine }: Observed, { images }: Desired): Step[] {
  if (!engine.ok) return [];
  return images
    .filter(({ reference }) => engine.value.missingImages.includes(reference))
    .map((image) => ({
      kind: 'load-image',
      why: `the engine does not have ${image.reference} as a whole`,
      image,
    }));
}

function planFiles(observed: Observed, desired: Desired): Step[] {
  const files = filesToWrite(observed, desired);
  const paths = files.map(({ path }) => path).join(', ');
  return files.length === 0 ? [] : [{ kind: 'write-files', why: `${paths} not as configured`, files }];
}
