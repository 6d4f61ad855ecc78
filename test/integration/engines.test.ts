import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import {
  APPLIANCE_NEEDS,
  type Appliance,
  type ApplianceOptions,
  startAppliance,
} from '../support/appliance.ts';
import { createClient, echoedBySfu } from '../support/client.ts';
import { CLIENT_V4, HOST_V4 } from '../support/machine.ts';
import { needs, testWhen } from '../support/needs.ts';

const test = testWhen(needs(APPLIANCE_NEEDS));

async function appliance(t: ExecutionContext, engine: ApplianceOptions['engine']): Promise<Appliance> {
  const started = await startAppliance(engine === undefined ? {} : { engine });
  t.teardown(() => started.destroy());
  return started;
}

const echoed = ({ machine }: Appliance) => echoedBySfu(createClient(machine));

const saved = async ({ machine }: Appliance, program: string) =>
  (await machine.inHost(program, ['-S'])).stdout;

/** Prints from which address a datagram came. */
const LISTENER = `const s = require('node:dgram').createSocket('udp4')
  .on('message', (_, { address }) => { console.log('from ' + address); s.close(); })
  .bind(9000, () => console.log('waits'));`;
const SENDER = `const s = require('node:dgram').createSocket('udp4');
  s.send('x', 9000, '${CLIENT_V4}', () => s.close());`;

test('an engine that was told to write no rules: all serves, nothing is missing, and what containers send is masqueraded by us', async (t) => {
  const here = await appliance(t, { config: { iptables: false } });
  t.is(await echoed(here), 10);
  const rules = await saved(here, '/usr/sbin/iptables');
  t.notRegex(rules, /DOCKER/);
  const { stdout } = await here.agentctl('doctor', '--json');
  t.regex(stdout, /Docker was told to write no rules, by \S+daemon\.json/);
  t.notRegex(stdout, /DOCKER_RULES_MISSING/);

  const listener = await here.machine.spawnInClient(process.execPath, ['-e', LISTENER]);
  await listener.waitForOutput(/waits/, 5_000);
  const node = (await here.docker('inspect', '-f', '{{.Path}}', 'appliance-livekit-1')).trim();
  await here.docker('exec', 'appliance-livekit-1', node, '-e', SENDER);
  await listener.waitForOutput(/from \S+/, 5_000);
  t.regex(listener.output(), new RegExp(`from ${HOST_V4.replaceAll('.', '\\.')}$`, 'm'));

  // While the engine is away nobody can be asked, and what containers send goes on.
  await here.engine().kill();
  const { problems } = await here.until('its loss is seen', 20_000, (status) =>
    status.problems.some(({ code }) => code === 'ENGINE_UNREACHABLE'),
  );
  t.false(problems.some(({ code }) => code === 'TABLE_DRIFTED'));
  const chain = ['list', 'chain', 'inet', 'appliance', 'postrouting'];
  t.regex((await here.machine.inHost('/usr/sbin/nft', chain)).stdout, /container-egress/);
});

test('an engine with iptables-legacy: our rule is written with the same, and the path is open', async (t) => {
  const programs = await mkdtemp(join(tmpdir(), 'aa-legacy-'));
  t.teardown(() => rm(programs, { recursive: true }));
  for (const name of ['iptables', 'ip6tables']) {
    await symlink(`/usr/sbin/${name}-legacy`, join(programs, name));
  }
  const here = await appliance(t, { path: `${programs}:/usr/sbin:/usr/bin:/sbin:/bin` });
  t.is(await echoed(here), 10);
  t.regex(await saved(here, '/usr/sbin/iptables-legacy'), /-A DOCKER-USER .*appliance-agent -j ACCEPT/);
  t.notRegex(await saved(here, '/usr/sbin/iptables-nft'), /DOCKER/);
  const { stdout } = await here.agentctl('doctor', '--json');
  t.regex(stdout, /Docker uses \/usr\/sbin\/iptables-legacy/);
  t.notRegex(stdout, /DOCKER_RULES_MISSING|IPTABLES_MIXED/);

  // A rule of the other kind is in force as well, and so is told of.
  await here.machine.inHost('/usr/sbin/iptables-nft', ['-A', 'FORWARD', '-o', 'br-appliance', '-j', 'DROP']);
  t.is(await echoed(here), 0);
  const second = await here.agentctl('doctor', '--json');
  t.regex(second.stdout, /IPTABLES_MIXED/);
  t.regex(second.stdout, /iptables-nft: dropped by `-A FORWARD -o br-appliance -j DROP`/);
});
