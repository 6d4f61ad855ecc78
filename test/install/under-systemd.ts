import type { Suite } from '../support/debian-root.ts';
import { INSTALLER, install, isGone, isServed, onFreshMachine } from './installation.ts';

/** Above this `systemd-analyze security` says that the unit may do more than it did when it was written. */
const EXPOSURE_LIMIT = 3.2;
const TUNE_EXPOSURE_LIMIT = 2.2;

/** What one command must do to a bare Debian of this release that systemd booted, and undo. */
export function installsUnderSystemd(suite: Suite): void {
  const test = onFreshMachine({ suite, init: 'systemd' });

  test(`on a bare ${suite} one command ends with a stack that serves`, async (t, setting) => {
    const aptSources = 'cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | sha256sum';
    const sourcesBefore = (await setting.machine.sh(aptSources)).stdout;
    const output = await install(t, setting, '--demo');
    t.regex(output, /^\[13\/13\] Stack … serves$/m);
    t.regex(output, /is installed and runs as appliance-agent\.service/);
    t.false(output.includes('\r') || output.includes('\u001b'), 'plain lines where there is no terminal');
    await isServed(t, setting);
    t.is(
      (await setting.machine.sh(aptSources)).stdout,
      sourcesBefore,
      'no other suite is left in the sources',
    );
  });

  test(`on ${suite} nothing that the agent did has failed: its unit lets it do what it must`, async (t, {
    machine,
  }) => {
    const { stdout } = await machine.sh('agentctl events');
    t.regex(stdout, /table applied/);
    t.notRegex(stdout, /failed/);
  });

  test(`on ${suite} no docker-proxy runs, and Debian's own coturn neither runs nor is enabled`, async (t, {
    machine,
  }) => {
    t.is((await machine.sh('pgrep -c docker-proxy')).stdout.trim(), '0');
    t.is((await machine.sh('systemctl is-enabled coturn.service')).stdout.trim(), 'disabled');
    t.is((await machine.sh('systemctl is-active coturn.service')).stdout.trim(), 'inactive');
    t.is((await machine.sh('test -e /usr/sbin/policy-rc.d')).exitCode, 1);
  });

  test(`on ${suite} the closed rules are loaded before the network, and a restart of their unit closes nothing`, async (t, {
    machine,
  }) => {
    const unit = 'appliance-agent-firewall.service';
    t.is((await machine.sh(`systemd-analyze verify /etc/systemd/system/${unit}`)).stderr, '');
    t.is((await machine.sh(`systemctl is-enabled ${unit}`)).stdout.trim(), 'enabled');
    const order = await machine.sh(`systemctl show --property=Before --property=After ${unit}`);
    t.regex(order.stdout, /^Before=.*network-pre\.target/m);
    t.regex(order.stdout, /^Before=.*docker\.service/m);
    t.regex(order.stdout, /^After=.*nftables\.service/m);
    const open = 'nft list map inet appliance dnat4';
    const before = (await machine.sh(open)).stdout;
    t.regex(before, /udp \. 7882/);
    t.is((await machine.sh(`systemctl restart ${unit}`)).exitCode, 0);
    t.is((await machine.sh(open)).stdout, before);
  });

  test(`on ${suite} systemd has nothing to say about the unit, and its exposure is no higher than it was`, async (t, {
    machine,
  }) => {
    const verified = await machine.sh('systemd-analyze verify /etc/systemd/system/appliance-agent.service');
    t.is(verified.stderr, '');
    const score = await machine.sh('systemd-analyze security --no-pager appliance-agent.service | tail -n 1');
    const exposure = Number(/: ([\d.]+) /.exec(score.stdout)?.[1]);
    t.true(exposure > 0 && exposure <= EXPOSURE_LIMIT, score.stdout);
  });

  test(`on ${suite} the settings of the hardware profile are set before the engine, or told to be impossible`, async (t, {
    machine,
  }) => {
    const unit = 'appliance-agent-tune.service';
    t.is((await machine.sh(`systemd-analyze verify /etc/systemd/system/${unit}`)).stderr, '');
    t.is((await machine.sh(`systemctl is-enabled ${unit}`)).stdout.trim(), 'enabled');
    t.is((await machine.sh(`systemctl is-active ${unit}`)).stdout.trim(), 'active');
    t.regex(
      (await machine.sh(`systemctl show --property=Before ${unit}`)).stdout,
      /docker\.service.*appliance-agent\.service|appliance-agent\.service.*docker\.service/,
    );
    const score = await machine.sh(`systemd-analyze security --no-pager ${unit} | tail -n 1`);
    t.true(Number(/: ([\d.]+) /.exec(score.stdout)?.[1]) <= TUNE_EXPOSURE_LIMIT, score.stdout);
    const { hardware } = JSON.parse((await machine.sh('agentctl status --json')).stdout);
    t.not(hardware.profile, 'unknown');
    const log = (await machine.sh(`journalctl --unit=${unit} --output=cat`)).stdout;
    t.regex(log, new RegExp(`^profile ${hardware.profile}$`, 'm'));
    t.true(hardware.settings.length > 0);
    // A system container may not change what is the kernel's as a whole.
    for (const { name, state, detail } of hardware.settings)
      t.true(state === 'applied' || (state === 'unsupported' && detail !== ''), `${name}: ${state}`);
  });

  test(`on ${suite} anybody may ask for the status, and no check of doctor fails`, async (t, { machine }) => {
    t.is(
      (await machine.sh('setpriv --reuid=65534 --regid=65534 --clear-groups agentctl status')).exitCode,
      0,
    );
    const doctor = await machine.sh('agentctl doctor');
    t.is(doctor.exitCode, 0, doctor.stdout);
    t.notRegex(doctor.stdout, /^SKIP/m);
  });

  test(`on ${suite} the logs of a service and of the agent can be read, by root alone`, async (t, {
    machine,
  }) => {
    const coturn = await machine.sh('agentctl logs coturn --lines 20');
    t.is(coturn.exitCode, 0, coturn.stderr);
    t.true(coturn.stdout.split('\n').length > 5, coturn.stdout);
    t.regex((await machine.sh('agentctl logs agent --lines 5000')).stdout, /the agent starts {2}version=/);
    t.regex((await machine.sh('agentctl logs nothing')).stderr, /There are logs of: agent, coturn, livekit/);
    const nobody = 'setpriv --reuid=65534 --regid=65534 --clear-groups';
    t.is((await machine.sh(`${nobody} agentctl logs coturn`)).exitCode, 77);
    t.is((await machine.sh(`cd /tmp && ${nobody} agentctl support-bundle`)).exitCode, 77);
  });

  test(`on ${suite} a support bundle holds what helps, no secret, and is for root alone`, async (t, {
    machine,
  }) => {
    const made = await machine.sh('agentctl support-bundle --output /root/bundle.tar.gz', 60_000);
    t.is(made.exitCode, 0, made.stderr);
    t.is((await machine.sh('stat --format=%a /root/bundle.tar.gz')).stdout, '600\n');
    const names = (await machine.sh('tar -tzf /root/bundle.tar.gz')).stdout;
    for (const name of [
      'status.json',
      'doctor.json',
      'logs/agent.journal',
      'logs/livekit.log',
      'network/ruleset.nft',
    ])
      t.true(names.includes(`/${name}\n`), names);
    // Its own words for a service prove that the search would find something.
    const found = 'tar -xzOf /root/bundle.tar.gz | grep -c -F';
    t.true(Number((await machine.sh(`${found} appliance-agent`)).stdout) > 0);
    t.is((await machine.sh(`${found} "$(cat /var/lib/appliance-agent/secrets/turn)"`)).stdout, '0\n');
    await machine.sh('rm /root/bundle.tar.gz');
  });

  test(`on ${suite} a second run changes nothing and says so`, async (t, setting) => {
    const { machine } = setting;
    await machine.sh('touch /root/stamp');
    const containers = (await machine.sh('docker ps --quiet')).stdout;
    const output = await install(t, setting, '--demo');
    t.regex(output, /^nothing to do: /m);
    const changed = await machine.sh(
      'find /etc /opt /usr /var/lib/dpkg /var/cache -xdev -newer /root/stamp -type f; rm /root/stamp',
    );
    t.is(changed.stdout, '');
    t.is((await machine.sh('docker ps --quiet')).stdout, containers);
  });

  test(`on ${suite} the agent is back after its process was killed`, async (t, setting) => {
    const pid = 'systemctl show --property=MainPID --value appliance-agent';
    const before = (await setting.machine.sh(pid)).stdout;
    await setting.machine.sh('kill -KILL $(systemctl show --property=MainPID --value appliance-agent)');
    const back =
      'for i in $(seq 40); do systemctl is-active --quiet appliance-agent && agentctl status >/dev/null && exit 0; sleep 0.5; done; exit 1';
    t.is((await setting.machine.sh(back)).exitCode, 0);
    t.not((await setting.machine.sh(pid)).stdout, before);
  });

  test(`on ${suite} --uninstall keeps the configuration and the state, and says so`, async (t, setting) => {
    const output = await install(t, setting, '--uninstall');
    t.regex(output, /^kept \/etc\/appliance-agent /m);
    t.regex(output, /^kept \/var\/lib\/appliance-agent /m);
    t.regex(output, /^ {2}apt-get purge --auto-remove docker\.io /m);
    t.is(
      (await setting.machine.sh('ls /etc/appliance-agent/appliance.yaml /var/lib/appliance-agent/state.db'))
        .exitCode,
      0,
    );
    t.is((await setting.machine.sh('nft list table inet appliance')).exitCode, 1);
  });

  test(`on ${suite} --uninstall --purge leaves nothing of ours behind, and may be run again`, async (t, setting) => {
    await install(t, setting, '--uninstall --purge');
    await isGone(t, setting);
    t.regex(await install(t, setting, '--uninstall --purge'), /^nothing to do: /m);
    t.is(
      (await setting.machine.sh(`${INSTALLER} --rollback`)).exitCode,
      69,
      'there is nothing to go back to',
    );
    await isGone(t, setting);
    t.is(
      (await setting.machine.sh('systemctl is-active docker.service')).stdout.trim(),
      'active',
      'the engine is left as it is',
    );
  });
}
