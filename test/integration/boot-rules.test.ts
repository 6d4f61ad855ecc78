import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_CONFIG } from '../../agent/config/schema.ts';
import { createBaseRules } from '../../agent/firewall/base-rules.ts';
import { NO_PERIMETER } from '../../agent/reconcile/perimeter.ts';
import { createClient } from '../support/client.ts';
import { createMachine, HOST_V4 } from '../support/machine.ts';
import { needs, testWhen } from '../support/needs.ts';
import { desire, healthy, history } from '../unit/reconcile/world.ts';

const test = testWhen(needs({ root: true, commands: ['ip', 'nsenter', 'nft', 'turnutils_peer'] }));

test('the kept rules load into an empty ruleset, close a published port of the host, and never touch a table that is there', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'aa-boot-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const path = join(directory, 'firewall-base.json');
  const firewall = { ...DEFAULT_CONFIG.firewall, mode: 'enforce' } as const;
  const since = history.startedAt;
  const onTrial = { ...NO_PERIMETER, trial: { management: firewall.management, since, lastsMs: 3_600_000 } };
  const { table } = desire(
    { ...(await healthy()), config: { ...DEFAULT_CONFIG, firewall } },
    { ...history, perimeter: onTrial },
    since,
  );
  t.true(table.chains.some(({ name }) => name === 'perimeter'));
  t.is(await createBaseRules(path).keep(table), null);

  const machine = await createMachine();
  t.teardown(() => machine.destroy());
  const client = createClient(machine);
  // Something that answers on the host itself: only a rule can keep packets from it.
  for (const port of ['7882', '9999'])
    await machine.spawnInHost('turnutils_peer', ['-L', HOST_V4, '-p', port]);
  const echoed = async (port = 7882) =>
    (await client.udpEcho({ host: HOST_V4, port, count: 10, intervalMs: 5 })).received;
  const deadline = performance.now() + 5_000;
  while ((await echoed()) < 10 && performance.now() < deadline);
  t.is(await echoed(), 10, 'without the rules it answers');

  const load = () => machine.inHost('/usr/sbin/nft', ['-j', '-f', path]);
  const loaded = await load();
  t.is(loaded.exitCode, 0, loaded.stderr);
  t.is(await echoed(), 0);
  t.is(await echoed(9999), 10, 'a perimeter that nobody confirmed closes nothing');
  const list = async (...what: string[]) =>
    (await machine.inHost('/usr/sbin/nft', ['list', ...what, 'inet', 'appliance'])).stdout;
  t.regex(await list('table'), /counter no-backend-dropped \{\s+packets 10 /);

  // Open, as the agent leaves it; then the unit is started again.
  await machine.inHost('/usr/sbin/nft', ['add element inet appliance dnat4 { udp . 7882 : 172.30.5.2 }']);
  const open = await list('table');
  const again = await load();
  t.not(again.exitCode, 0);
  t.regex(again.stderr, /File exists/);
  t.is(await list('table'), open);
});
