import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { schedule } from 'node-cron';
import { gatherDockerRules } from './conditions/gather/docker-rules.ts';
import { gatherForwardPath } from './conditions/gather/forward-path.ts';
import { createConfigSource } from './config/config-source.ts';
import { createBanner } from './control/banner.ts';
import { startControlServer } from './control/server.ts';
import { writeStatus } from './control/status-file.ts';
import { AGENT_VERSION } from './control/version.ts';
import { createCompose } from './engine/compose.ts';
import { createEngine } from './engine/engine.ts';
import { createEngineUnit } from './engine/unit.ts';
import { createBaseRules } from './firewall/base-rules.ts';
import { followRules } from './firewall/rule-monitor.ts';
import { createSurvey } from './hardware/survey.ts';
import { createNft } from './nftables/index.ts';
import { askAll } from './probes/ask.ts';
import { createProber } from './probes/prober.ts';
import { createMarker } from './provision/marker.ts';
import { controlApi } from './reconcile/control-api.ts';
import { desiredState } from './reconcile/desired.ts';
import { createEngineWatch } from './reconcile/engine-watch.ts';
import { eventsWriter } from './reconcile/events-writer.ts';
import { createExecutors } from './reconcile/executors.ts';
import { firewallNow } from './reconcile/firewall-status.ts';
import { createIncidentLog } from './reconcile/incident-log.ts';
import { readIpv6Facts } from './reconcile/ipv6-facts.ts';
import { createLastLook } from './reconcile/last-look.ts';
import { createLoop } from './reconcile/loop.ts';
import { createMemory } from './reconcile/memory.ts';
import { hostAddresses, observe } from './reconcile/observe.ts';
import { undecided } from './reconcile/perimeter.ts';
import { keepProbing } from './reconcile/probing.ts';
import { createReporter } from './reconcile/reporter.ts';
import { createSlowFacts, rulesKeptMs } from './reconcile/slow-facts.ts';
import { readCertificates } from './stack/certificates.ts';
import { makeDataDirectories } from './stack/data-directories.ts';
import { elementCallStack } from './stack/element-call/stack.ts';
import { embeddedStack } from './stack/embedded/stack.ts';
import { readImages, verifyArchive } from './stack/images.ts';
import { createSecretSource } from './stack/secret-source.ts';
import { PROJECT } from './stack/types.ts';
import { writeRendered } from './stack/write-rendered.ts';
import { openStore } from './store/open.ts';
import { systemClock } from './system/clock.ts';
import { keep } from './system/keep.ts';
import { setKernelSetting } from './system/kernel-settings.ts';
import { createLog } from './system/log.ts';
import { appliancePaths } from './system/paths.ts';
import { run } from './system/processes.ts';
import { reboot } from './system/reboot.ts';
import { releaseFolder } from './system/release-folder.ts';
import { remember } from './system/remember.ts';
import { serviceManager } from './system/sd-notify.ts';

/** Wires the parts and runs until told to stop. The one place that knows everybody; it decides nothing. */
async function main(): Promise<void> {
  const paths = appliancePaths(process.env.APPLIANCE_AGENT_ROOT ?? '');
  const clock = systemClock();
  const secrets = createSecretSource(paths.secrets);
  const log = createLog({
    secretValues: secrets.values,
    underSystemd: process.env.JOURNAL_STREAM !== undefined,
  });
  const manager = serviceManager(run, clock, process.env);

  // The status must be readable by everybody, the state by root alone.
  await mkdir(paths.runDirectory, { recursive: true, mode: 0o755 });
  await mkdir(paths.stateDirectory, { recursive: true, mode: 0o700 });
  const store = openStore({ path: paths.database, migrationsDirectory: releaseFolder('migrations'), clock });
  const interrupted = store.closeInterrupted();
  log.info({ version: AGENT_VERSION, database: store.condition, interrupted }, 'the agent starts');

  const memory = createMemory(store, clock.now());
  const engine = createEngine({ socket: paths.engineSocket });
  // sd_booted(3). An appliance of a test shares this with the machine that tests it, which is not to be restarted.
  const underSystemd = paths.root === '' && existsSync('/run/systemd/system');
  const engineUnit = createEngineUnit({
    run,
    program: process.env.APPLIANCE_AGENT_ENGINE_RESTART,
    underSystemd,
  });
  const compose = createCompose({ run, engineSocket: paths.engineSocket });
  const nft = createNft({ run, temporaryDirectory: paths.runDirectory });
  const incidents = createIncidentLog(store, memory.died);
  const config = createConfigSource(paths);
  const stacks = {
    'element-call': { ...elementCallStack, render: remember(elementCallStack.render) },
    embedded: { ...embeddedStack, render: remember(embeddedStack.render) },
  };
  const stack = () => stacks[config.latest()?.config?.stack ?? 'element-call'];
  const banner = createBanner(paths);
  const marker = createMarker(paths.provisioned);
  const reporter = createReporter({
    clock,
    store,
    agentVersion: AGENT_VERSION,
    writeStatus: async (status) => {
      await writeStatus(paths.status, status);
      await banner.show(status);
      const notMarked = await marker.keep(status);
      if (notMarked !== null) log.warn({ notMarked }, 'that this machine was brought up could not be noted');
    },
    writeEvents: eventsWriter(store, paths.events),
  });

  const forwardPath = keep(() => gatherForwardPath(run), rulesKeptMs, clock);
  const baseRules = createBaseRules(paths.firewallBase);
  const look = createLastLook();
  const hardware = createSurvey({
    folders: { shipped: releaseFolder('firmware-profiles'), overrides: paths.profileOverrides },
    record: { path: paths.tuneRecord, bootId: clock.now().bootId },
  });
  const slowFacts = createSlowFacts({
    run,
    clock,
    hardware: hardware.report,
    composeVersion: () => compose.version(),
    flows: look.traffic,
    management: () => undecided(look.config(), memory.history().perimeter),
    root: paths.root,
  });
  let slow = await slowFacts.gather();
  const gatherAgain = async () => {
    slow = await slowFacts.gather();
  };

  const loop = createLoop({
    clock,
    store,
    memory,
    incidents,
    log,
    observe: (afresh) =>
      observe({
        engine,
        engineUnit,
        nft,
        config: config.read,
        secrets: secrets.read,
        images: () => readImages(paths.images),
        certificates: (accepted) => readCertificates(accepted?.elementCall ?? null, new Date()),
        forwardPath: () => forwardPath(afresh),
        ipv6: readIpv6Facts,
        dockerRules: () => gatherDockerRules(),
        verdicts: () => prober.verdicts(),
        silences: () => prober.silences(),
        renderedDirectory: paths.rendered,
      }),
    desire: (observed) => desiredState(stack(), paths, observed, memory.history(), clock.now()),
    executors: createExecutors({
      run,
      nft,
      engine,
      compose,
      clock,
      memory,
      makeSecrets: secrets.make,
      writeFiles: async (files) => {
        await makeDataDirectories(stack().data, paths.data);
        return writeRendered(files, paths.rendered);
      },
      verifiedArchive: (image) => verifyArchive(image, paths.images),
      setKernel: setKernelSetting,
      engineUnit,
      reboot: () => reboot(run, underSystemd),
      composeFile: join(paths.rendered, 'compose.yaml'),
      publication: () => ({
        published: look.published(),
        subnets: look.subnets(),
        localAddresses: new Set([
          ...hostAddresses().map(({ address }) => address),
          ...look.publicAddresses(),
        ]),
      }),
    }),
    onObserved: look.note,
    report: async (observed, desired) => {
      const notKept = await baseRules.keep(memory.history().applied?.spec ?? null);
      if (notKept !== null) log.warn({ notKept }, 'the rules for the next boot could not be kept');
      const loaded = config.latest();
      if (loaded === null) return;
      await reporter.report({
        observed,
        desired,
        history: memory.history(),
        config: loaded,
        configPath: paths.config,
        database: store.condition,
        engineVersion: engineWatch.version(),
        slow,
      });
      probing.look();
      await manager.ready();
      await manager.alive();
    },
  });

  hardware.looked.then(gatherAgain).then(loop.beat);

  const prober = createProber({
    clock,
    ask: (service, thorough) =>
      askAll(stack().probes(service, { backend: look.backendOf(service), host: look.relayAddress() }), {
        thorough,
        turnSecret: secrets.latest()?.turn ?? null,
      }),
    onChange: loop.wake,
  });
  const probing = keepProbing(prober, look.running);
  const engineWatch = createEngineWatch({
    engine,
    project: PROJECT,
    store,
    clock,
    memory,
    loop,
    prober,
    log,
  });

  const control = await startControlServer(
    paths.socket,
    controlApi({
      clock,
      store,
      memory,
      nft,
      agentVersion: AGENT_VERSION,
      services: look.services,
      status: reporter.latest,
      firewall: () =>
        firewallNow({
          nft,
          desired: look.desired(),
          history: memory.history(),
          forwardPath: () => gatherForwardPath(run),
          dockerProxies: slow.dockerProxies,
          config: look.config(),
          flows: look.traffic(),
          now: clock.now(),
        }),
      wake: loop.wake,
    }),
  );

  const stop = new AbortController();
  // Not `once`: a listener that is gone when execa's own looks makes that one end this process at once, with children
  // running, before anything was put away.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());
  process.on('SIGHUP', loop.wake);

  // The regular look is the backstop of the events of the engine and of the rules.
  const beats = [
    schedule('*/10 * * * * *', loop.beat, { noOverlap: true }),
    schedule('5,35 * * * * *', gatherAgain),
    schedule('17 * * * *', () => {
      const { state, detail } = store.snapshot();
      if (state === 'failed') log.warn({ detail }, 'the database could not be copied');
    }),
  ];

  const watching = engineWatch.follow(stop.signal);
  const watchingRules = followRules({
    onChange: () => {
      slowFacts.rulesChanged();
      loop.wake();
    },
    onOtherChange: slowFacts.rulesChanged,
    onEnded: (reason) => log.warn({ reason }, 'changes to the rules cannot be followed'),
    signal: stop.signal,
  });

  await loop.run(stop.signal);
  await manager.stopping();
  await Promise.all([watching, watchingRules]);
  for (const beat of beats) await beat.stop();
  probing.stop();
  await control.close();
  memory.restraint.stopped();
  store.close();
  log.info('the agent has stopped; the stack goes on without it');
}

await main();
