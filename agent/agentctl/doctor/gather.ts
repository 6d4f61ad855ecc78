import { agentRestrained } from '../../conditions/agent-restrained.ts';
import { certificateRefused } from '../../conditions/certificate-refused.ts';
import { discoveryMissing } from '../../conditions/discovery-missing.ts';
import { known, unknown } from '../../conditions/findings.ts';
import { gatherBallast } from '../../conditions/gather/ballast.ts';
import { gatherClock, pathExists } from '../../conditions/gather/clock.ts';
import { gatherConntrack } from '../../conditions/gather/conntrack.ts';
import { diskPaths, gatherDisks } from '../../conditions/gather/disks.ts';
import { gatherDockerProxies } from '../../conditions/gather/docker-proxies.ts';
import { gatherDockerRules } from '../../conditions/gather/docker-rules.ts';
import { gatherCompose, gatherEngine } from '../../conditions/gather/engine.ts';
import { gatherForeignRules } from '../../conditions/gather/foreign-rules.ts';
import { gatherForwardPath } from '../../conditions/gather/forward-path.ts';
import { gatherMemory } from '../../conditions/gather/memory.ts';
import { gatherOtherFirewalls } from '../../conditions/gather/other-firewalls.ts';
import { gatherPortHolders } from '../../conditions/gather/port-holders.ts';
import { gatherTurnsListener } from '../../conditions/gather/turns-listener.ts';
import { renderRefused } from '../../conditions/render-refused.ts';
import { secretRotating } from '../../conditions/secret-rotating.ts';
import { tableWasChanged } from '../../conditions/table-was-changed.ts';
import type { Facts } from '../../conditions/types.ts';
import type { StatusReading } from '../../control/status-file.ts';
import { createCompose } from '../../engine/compose.ts';
import { createEngine } from '../../engine/engine.ts';
import { createEngineUnit } from '../../engine/unit.ts';
import { surveyHardware } from '../../hardware/survey.ts';
import { readSecrets } from '../../stack/secrets.ts';
import { createBallast } from '../../system/ballast.ts';
import { systemClock } from '../../system/clock.ts';
import { describeError, isErrno } from '../../system/errors.ts';
import type { Paths } from '../../system/paths.ts';
import { run } from '../../system/processes.ts';
import { releaseFolder } from '../../system/release-folder.ts';
import { isUnderSystemd } from '../../system/under-systemd.ts';
import { gatherConfig } from './config-fact.ts';
import { gatherDatabase } from './database-fact.ts';
import { gatherImages } from './images-fact.ts';
import { inForce } from './in-force.ts';
import { gatherMedia } from './media-fact.ts';
import { gatherPerimeter } from './perimeter-fact.ts';
import { gatherServices } from './services-fact.ts';
import { gatherSymptoms } from './symptoms-fact.ts';
import { gatherTable } from './table-fact.ts';
import { takesCalls } from './takes-calls.ts';

function restraintOf({ status, stale }: StatusReading): Facts['restraint'] {
  if (status === null || stale) return unknown('only a running agent knows');
  return known(status.problems.find(({ code }) => code === agentRestrained.code)?.evidence ?? null);
}

/** Only the agent remembers what it had to put right. */
function recentDriftOf({ status, stale }: StatusReading): Facts['recentDrift'] {
  if (status === null || stale) return unknown('only a running agent knows');
  const problem = status.problems.find(({ code }) => code === tableWasChanged.code);
  return known(problem ? { at: problem.since, what: problem.evidence } : null);
}

/** Only the agent makes the files; it tells why it could not. */
function refusalOf({ status, stale }: StatusReading): Facts['refusal'] {
  if (status === null || stale) return unknown('only a running agent knows');
  const codes = [certificateRefused.code, renderRefused.code];
  const problem = status.problems.find(({ code }) => codes.includes(code));
  return known(problem ? { code: problem.code, message: problem.evidence, hint: problem.next } : null);
}

/** The agent asks the homeserver now and then. */
function discoveryOf({ status, stale }: StatusReading): Facts['discovery'] {
  if (status !== null && !takesCalls(status)) return known(null);
  const problem = stale ? undefined : status?.problems.find(({ code }) => code === discoveryMissing.code);
  return problem === undefined
    ? unknown('the agent asks the homeserver, and tells when it is wrong; `agentctl verify` asks now')
    : known({ fault: problem.evidence });
}

async function gatherSecrets(directory: string, { status, stale }: StatusReading): Promise<Facts['secrets']> {
  const problems = stale ? [] : (status?.problems ?? []);
  const rotating = problems.find(({ code }) => code === secretRotating.code)?.evidence ?? null;
  try {
    await readSecrets({ directory });
    return known({ refused: null, rotating });
  } catch (error) {
    if (isErrno(error, 'EACCES')) return unknown('needs root');
    return known({ refused: describeError(error), rotating });
  }
}

/** A person waits: an engine that takes longer than this is reported as one that does not answer. */
const ENGINE_TIMEOUT_MS = 5_000;

/** Everything that doctor looks at, now. It changes nothing. Each part is bounded in time. */
export async function gatherFacts(paths: Paths, reading: StatusReading, asRoot: boolean): Promise<Facts> {
  const engine = createEngine({ socket: paths.engineSocket, readTimeoutMs: ENGINE_TIMEOUT_MS });
  const compose = createCompose({ run, engineSocket: paths.engineSocket });
  const engineUnit = createEngineUnit({ run, program: undefined, underSystemd: isUnderSystemd(paths) });
  const [config, database, engineFact, composeFact, table, forwardPath] = await Promise.all([
    gatherConfig(paths.config),
    gatherDatabase(paths.database, reading),
    gatherEngine(() => engine.version(), engineUnit, systemClock()),
    gatherCompose(() => compose.version()),
    gatherTable(run, asRoot, reading),
    gatherForwardPath(run),
  ]);
  const { flows, config: accepted } = await inForce(paths);
  const [dockerRules, foreignRules, portHolders, perimeter, otherFirewalls] = await Promise.all([
    gatherDockerRules(),
    gatherForeignRules({ run, flows }),
    gatherPortHolders(flows),
    gatherPerimeter({ flows, config: accepted }, reading),
    gatherOtherFirewalls(paths.root),
  ]);
  const survey = surveyHardware({
    folders: { shipped: releaseFolder('firmware-profiles'), overrides: paths.profileOverrides },
    record: { path: paths.tuneRecord, bootId: systemClock().now().bootId },
  });
  const [hardware, dockerProxies, turnsListener, conntrack, disks, memory, clock, images, services, ballast] =
    await Promise.all([
      survey,
      gatherDockerProxies(),
      gatherTurnsListener(),
      gatherConntrack(),
      gatherDisks(diskPaths(paths)),
      gatherMemory(),
      gatherClock({ run, exists: pathExists, wall: () => new Date().toISOString() }),
      gatherImages(engine, paths.images),
      gatherServices(engine, reading),
      gatherBallast(createBallast(run, paths.ballast)),
    ]);
  return {
    config,
    database,
    engine: engineFact,
    compose: composeFact,
    table,
    forwardPath,
    dockerRules,
    foreignRules,
    portHolders,
    perimeter,
    otherFirewalls,
    restraint: restraintOf(reading),
    recentDrift: recentDriftOf(reading),
    discovery: discoveryOf(reading),
    media: gatherMedia(reading),
    symptoms: gatherSymptoms(reading),
    refusal: refusalOf(reading),
    secrets: await gatherSecrets(paths.secrets, reading),
    dockerProxies,
    turnsListener,
    conntrack,
    disks,
    ballast,
    memory,
    clock,
    hardware,
    images,
    services,
  };
}
