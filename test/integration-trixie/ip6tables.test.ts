import { APPLIANCE_NEEDS, type Appliance, isUp, startAppliance } from '../support/appliance.ts';
import { type Client, createClient } from '../support/client.ts';
import { isAnswered } from '../support/datagram.ts';
import { HOST_V4, HOST_V6 } from '../support/machine.ts';
import { needs, testWhen } from '../support/needs.ts';

const test = testWhen(needs(APPLIANCE_NEEDS));
const IP6TABLES = '/usr/sbin/ip6tables';
let appliance: Appliance;
let client: Client;

test.before(
  'an appliance comes up, with an engine that writes rules for IPv6 as 27 and newer do',
  async () => {
    appliance = await startAppliance({ engine: { config: { ip6tables: true, experimental: true } } });
    client = createClient(appliance.machine);
  },
);
test.after.always('it is taken away', () => appliance?.destroy());

const inHost = async (command: string, ...args: string[]): Promise<string> => {
  const { exitCode, stdout, stderr } = await appliance.machine.inHost(command, args);
  if (exitCode !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  return stdout;
};
const userChain = () => inHost(IP6TABLES, '-S', 'DOCKER-USER');
const echoed = async (host: string) =>
  (await client.udpEcho({ host, port: 7882, count: 10, intervalMs: 5 })).received;

async function doctor(check: string) {
  const { stdout } = await appliance.agentctl('doctor', '--json');
  const { checks } = JSON.parse(stdout) as {
    checks: readonly { check: string; code: string | null; evidence: string }[];
  };
  return checks.find((line) => line.check === check);
}

test('our one rule stands in ip6tables too, and it is what lets media through its policy', async (t) => {
  await inHost(IP6TABLES, '-P', 'FORWARD', 'DROP');
  // The bridge's address is of no use until the kernel has made sure that nobody else has it (RFC 4862).
  for (
    let tries = 0;
    tries < 3 && !(await isAnswered(appliance.machine.inClient, HOST_V6, 7882));
    tries += 1
  );
  t.is((await userChain()).match(/--comment appliance-agent -j ACCEPT/g)?.length, 1);
  t.is(await echoed(HOST_V6), 10);
  t.true((await client.tcp({ host: HOST_V6, port: 7881, timeoutMs: 2_000, echo: true })).ok);
  const { code, evidence } = (await doctor('Forward path')) ?? {};
  t.is(code, null);
  t.regex(evidence ?? '', /; IPv6: accepted by `-A DOCKER-USER .*appliance-agent -j ACCEPT`$/);

  await appliance.agent().stop();
  await inHost(IP6TABLES, '-D', 'DOCKER-USER', '1');
  t.is(await echoed(HOST_V6), 0);
  t.is(await echoed(HOST_V4), 10);
  await appliance.startAgent();
  await appliance.until('all is well again', 20_000, isUp);
  t.is(await echoed(HOST_V6), 10);
});

test('the rule is deleted by somebody: it is back within 2 s', async (t) => {
  const before = await userChain();
  await inHost(IP6TABLES, '-F', 'DOCKER-USER');
  const flushedAt = performance.now();
  while (!(await userChain()).includes('appliance-agent') && performance.now() - flushedAt < 2_000);
  t.log(`back after ${Math.round(performance.now() - flushedAt)} ms`);
  t.is((await userChain()).split('\n')[1], before.split('\n')[1]);
});

test('a rule before it that drops is named, and as one of IPv6 alone it is no more than degraded', async (t) => {
  await inHost(IP6TABLES, '-I', 'FORWARD', '1', '-o', 'br-appliance', '-j', 'DROP');
  t.is(await echoed(HOST_V6), 0);
  const { problems } = await appliance.until('it is named', 20_000, (status) =>
    status.problems.some(({ code }) => code === 'FORWARD_PATH_BLOCKED'),
  );
  const problem = problems.find(({ code }) => code === 'FORWARD_PATH_BLOCKED');
  t.is(problem?.severity, 'degraded');
  t.regex(problem?.evidence ?? '', /^IPv6: dropped by `-A FORWARD -o br-appliance -j DROP`/);
  await inHost(IP6TABLES, '-D', 'FORWARD', '1');
  await appliance.until('all is well again', 20_000, isUp);
});

test('a table of IPv6 alone that drops is named, with the family', async (t) => {
  const nft = (...words: string[]) => inHost('/usr/sbin/nft', ...words);
  await nft('add table ip6 site');
  await nft('add chain ip6 site guard { type filter hook forward priority 0; policy drop; }');
  const { code, evidence } = (await doctor('Rules of others')) ?? {};
  t.is(code, 'FOREIGN_DROP');
  t.is(
    evidence,
    'table ip6 site, chain guard: `policy drop of the forward hook` (7881/tcp over IPv6, 7882/udp over IPv6)',
  );
  await nft('delete table ip6 site');
});

test('the engine is started anew: its rules for IPv6 and ours are there, once', async (t) => {
  await appliance.engine().stop();
  await appliance.startEngine();
  await appliance.until('everything serves again', 60_000, isUp);
  t.is((await userChain()).match(/appliance-agent/g)?.length, 1);
  t.is(await echoed(HOST_V6), 10);
});
