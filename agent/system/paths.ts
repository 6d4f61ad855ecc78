import { join } from 'node:path';

/** Every path that the agent reads or writes. Scripts and checks rely on them: see the README. */
export interface Paths {
  /** The folder that they are below; '' on a real appliance. */
  readonly root: string;
  readonly config: string;
  /** Hardware profiles of this machine's owner, which go before those of the release. */
  readonly profileOverrides: string;
  readonly stateDirectory: string;
  readonly database: string;
  /** Room that is set aside for a full disk. */
  readonly ballast: string;
  /** Copy of the newest configuration that was accepted; used while the current one is refused. */
  readonly acceptedConfig: string;
  /** The rules that appliance-agent-firewall.service loads before the network comes up. */
  readonly firewallBase: string;
  /** Written last by the first boot. */
  readonly provisioned: string;
  readonly secrets: string;
  /** Rendered compose file and service configuration. */
  readonly rendered: string;
  /** What services of the stack keep: a folder each. */
  readonly data: string;
  /** A restored state that the agent's next start puts in place, and the same once that is done. */
  readonly restore: string;
  readonly restored: string;
  readonly runDirectory: string;
  readonly status: string;
  readonly events: string;
  readonly socket: string;
  /** What appliance-agent-tune.service set in this boot. */
  readonly tuneRecord: string;
  /** How this machine is announced in this boot. */
  readonly siteRecord: string;
  /** The agent's log where systemd is not there to keep it. */
  readonly agentLog: string;
  readonly installLog: string;
  /** What the console shows above its login prompt. */
  readonly issue: string;
  readonly gettyReload: string;
  readonly images: string;
  /** The releases that are installed, a folder each. */
  readonly releases: string;
  readonly engineSocket: string;
  /** Where the engine keeps images and containers, unless it was told otherwise. */
  readonly engineData: string;
}

/**
 * The paths of an appliance. `root` is '' on a real one; tests, which run several appliances on one machine,
 * put each below a folder of its own.
 */
export function appliancePaths(root = ''): Paths {
  const under = (path: string) => (root === '' ? path : join(root, path));
  return {
    root,
    config: under('/etc/appliance-agent/appliance.yaml'),
    profileOverrides: under('/etc/appliance-agent/profiles.d'),
    stateDirectory: under('/var/lib/appliance-agent'),
    database: under('/var/lib/appliance-agent/state.db'),
    ballast: under('/var/lib/appliance-agent/ballast'),
    acceptedConfig: under('/var/lib/appliance-agent/accepted.yaml'),
    firewallBase: under('/var/lib/appliance-agent/firewall-base.json'),
    provisioned: under('/var/lib/appliance-agent/provisioned'),
    secrets: under('/var/lib/appliance-agent/secrets'),
    rendered: under('/var/lib/appliance-agent/stack'),
    data: under('/var/lib/appliance-agent/data'),
    restore: under('/var/lib/appliance-agent/restore'),
    restored: under('/var/lib/appliance-agent/restored'),
    runDirectory: under('/run/appliance-agent'),
    status: under('/run/appliance-agent/status.json'),
    events: under('/run/appliance-agent/events.json'),
    socket: under('/run/appliance-agent/agent.sock'),
    tuneRecord: under('/run/appliance-agent/tune.json'),
    siteRecord: under('/run/appliance-agent/site.json'),
    agentLog: under('/var/log/appliance-agent/agent.log'),
    installLog: under('/var/log/appliance-agent/install.log'),
    issue: under('/run/appliance-agent/issue'),
    gettyReload: under('/run/agetty.reload'),
    images: under('/usr/share/appliance-agent/images'),
    releases: under('/opt/appliance-agent/releases'),
    engineData: under('/var/lib/docker'),
    engineSocket: under('/var/run/docker.sock'),
  };
}
