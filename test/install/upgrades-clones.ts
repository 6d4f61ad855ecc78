import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../../agent/system/processes.ts';
import { udpFlow } from '../support/udp-flow.ts';
import { identity } from './identity.ts';
import { firstClone, type TestOnSite } from './on-factory.ts';
import { bootPlugged } from './plugged.ts';

const MINUTE = 60_000;

/** Moments at which the power goes, in milliseconds after the installation began. */
const CUTS = [400, 1200, 1800, 2500, 3500];

/** A release changes under a stack that serves, and the power may go at any moment of it. */
export function upgradesClones(test: TestOnSite): void {
  test('an upgrade and a rollback while the stack serves: a flow through it goes on', async (t, site) => {
    t.timeout(5 * MINUTE);
    const { newer } = site.factory;
    const first = firstClone(site);
    await run('cp', ['--archive', '--reflink=auto', newer, join(first.root, 'root/newer')], {
      timeoutMs: MINUTE,
    });
    await writeFile(join(first.root, 'etc/appliance-agent/appliance.yaml'), '# edited by an operator\n', {
      flag: 'a',
    });
    const clone = await bootPlugged(t, site, first.root);
    t.deepEqual(await identity(clone), first.identity, 'nothing of it changed by the power cut');
    const stop = new AbortController();
    const flow = udpFlow({ host: clone.address, port: 7882, intervalMs: 20 }, stop.signal);
    const version = async () => JSON.parse((await clone.sh('agentctl status --json')).stdout).agentVersion;
    const before = await version();

    const upgraded = await clone.sh('/root/newer/install.sh --live --offline', 3 * MINUTE);
    t.is(upgraded.exitCode, 0, upgraded.stdout + upgraded.stderr);
    t.is(await version(), '99.0.0');
    const back = await clone.sh('/opt/appliance-agent/current/install.sh --rollback', 3 * MINUTE);
    t.is(back.exitCode, 0, back.stdout + back.stderr);
    t.is(await version(), before);
    t.is((await clone.sh('/opt/appliance-agent/current/install.sh --rollback', 3 * MINUTE)).exitCode, 0);
    t.is(await version(), '99.0.0', 'a rollback is undone by another one');
    t.is((await clone.sh('/opt/appliance-agent/current/install.sh --rollback', 3 * MINUTE)).exitCode, 0);

    stop.abort();
    const { sent, received, longestGapMs } = await flow;
    t.log(`${received} of ${sent} datagrams came back, the longest gap ${longestGapMs} ms`);
    t.true(sent > 100 && received >= sent - 2, `${received} of ${sent}`);
    const configuration = await clone.sh('cat /etc/appliance-agent/appliance.yaml');
    t.true(configuration.stdout.includes('# edited by an operator'));
    await clone.cutPower();
  });

  test('the power goes in the middle of an upgrade, at several moments: the next boot serves, with one whole release', async (t, site) => {
    t.timeout(6 * MINUTE);
    const first = firstClone(site);
    const seen: string[] = [];
    let clone = await bootPlugged(t, site, first.root);
    for (const cut of CUTS) {
      // Where an earlier one got through, the way back is cut off.
      const installed = (await clone.sh('cat /opt/appliance-agent/current/VERSION')).stdout.startsWith('99.');
      const command = installed
        ? '/opt/appliance-agent/current/install.sh --rollback'
        : '/root/newer/install.sh --live --offline';
      const changing = clone.sh(command, MINUTE);
      await sleep(cut);
      await clone.cutPower();
      await changing;
      clone = await bootPlugged(t, site, first.root);
      const release = '/opt/appliance-agent/current';
      const whole = await clone.sh(
        `cd ${release} && sha256sum --check --quiet SHA256SUMS && cmp images.json /usr/share/appliance-agent/images/images.json && cat VERSION`,
      );
      t.is(whole.exitCode, 0, `after ${cut} ms: ${whole.stdout}`);
      seen.push(`${cut} ms of ${installed ? 'a rollback' : 'an upgrade'}: ${whole.stdout.trim()}`);
      t.deepEqual(await identity(clone), first.identity);
    }
    t.log(seen.join('; '));
    const finished = await clone.sh('/root/newer/install.sh --live --offline', 2 * MINUTE);
    t.is(finished.exitCode, 0, finished.stdout + finished.stderr);
    t.is((await clone.sh('/root/newer/install.sh --live --check', MINUTE)).exitCode, 0);
    await clone.cutPower();
  });
}
