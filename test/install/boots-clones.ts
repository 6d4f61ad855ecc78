import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findsByName } from './found-by-name.ts';
import { hasOwnHostKeys } from './host-keys.ts';
import { identity } from './identity.ts';
import { cloneImage, serves } from './image.ts';
import { isServed } from './installation.ts';
import { firstClone, type TestOnSite } from './on-factory.ts';
import { isOnItsAddress } from './plugged.ts';

const MINUTE = 60_000;

/** As the wait services of network managers do without a cable. */
const NETWORK_NEVER_COMES = `[Unit]
Before=network-online.target
[Service]
Type=oneshot
ExecStart=/usr/bin/sleep 120
`;

/** Two clones of the sealed image come up by themselves, and share nothing. */
export function bootsClones(test: TestOnSite): void {
  test('a clone of the sealed image comes up without a network, unattended, and then serves the world', async (t, site) => {
    t.timeout(4 * MINUTE);
    const root = await cloneImage(site.factory, 'one');
    const units = join(root, 'etc/systemd/system');
    const wants = join(units, 'network-online.target.wants');
    await mkdir(wants, { recursive: true });
    await writeFile(join(units, 'no-network.service'), NETWORK_NEVER_COMES);
    await symlink('../no-network.service', join(wants, 'no-network.service'));
    const begun = performance.now();
    const clone = await site.boot(root);
    await serves(t, clone);
    const seconds = Math.round((performance.now() - begun) / 1000);
    t.log(`it served ${seconds} s after its first boot began`);
    t.true(seconds < 90, 'it does not wait for the network for two minutes');
    const network = await clone.sh('systemctl is-active no-network.service network-online.target');
    t.is(
      network.stdout,
      'activating\ninactive\n',
      'the network is still waited for, and the stack does not care',
    );
    const marked =
      'for i in $(seq 20); do test -s /var/lib/appliance-agent/provisioned && exit 0; sleep 0.2; done; exit 1';
    t.is((await clone.sh(marked)).exitCode, 0);
    t.regex(
      (await clone.sh('cat /etc/issue.d/appliance-agent.issue')).stdout,
      /OK, all services are serving/,
    );
    await rm(join(wants, 'no-network.service'));
    await clone.plugIn();
    t.log(`coturn is on the new address ${await isOnItsAddress(clone)} s after the cable was plugged in`);
    await serves(t, clone);
    await isServed(t, { machine: clone, before: {} });
    site.first = { root, clone, identity: await identity(clone) };
  });

  test('a second clone differs in every secret and id, and its sshd starts with keys of its own', async (t, site) => {
    t.timeout(4 * MINUTE);
    const first = firstClone(site);
    const root = await cloneImage(site.factory, 'two');
    const clone = await site.boot(root);
    await serves(t, clone);
    await hasOwnHostKeys(t, clone);
    const own = await identity(clone);
    for (const [name, value] of Object.entries(own)) {
      t.not(value, '', name);
      t.not(value, first.identity[name], name);
    }
    await findsByName(t, clone, first.clone);
    await first.clone.cutPower();
    await clone.cutPower();
  });
}
