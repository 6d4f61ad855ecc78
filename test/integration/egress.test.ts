import { setTimeout as sleep } from 'node:timers/promises';
import { closedTable } from '../../agent/firewall/base-rules.ts';
import { isAnswered, sender, startEcho } from '../support/datagram.ts';
import { ENGINE_COMMANDS } from '../support/engine.ts';
import { IMAGE_COMMANDS } from '../support/images.ts';
import { AT, type LockedStack, startLockedStack } from '../support/locked-stack.ts';
import {
  CLIENT_V4,
  CLIENT_V6,
  createMachine,
  HOST_V4,
  HOST_V6,
  type Machine,
  type RunInside,
} from '../support/machine.ts';
import { needs, testWhen } from '../support/needs.ts';
import { callEach, TELL_PEER } from '../support/peer-calls.ts';
import { packets } from '../support/seen.ts';

const commands = [...ENGINE_COMMANDS, ...IMAGE_COMMANDS, 'ip', 'nft', 'conntrack'];
const test = testWhen(needs({ root: true, commands }));
const OUTSIDE = [CLIENT_V4, CLIENT_V6];
const HOST = [HOST_V4, HOST_V6];
const on = (addresses: readonly string[], port: number) => addresses.map((address) => `${address} ${port}`);
let machine: Machine;
let stack: LockedStack;

test.before('a stack with a locked service comes up', async () => {
  machine = await createMachine();
  for (const via of OUTSIDE) await machine.inHost('ip', ['route', 'add', 'default', 'via', via]);
  stack = await startLockedStack(machine);
  await machine.spawnInHost(process.execPath, ['-e', TELL_PEER, '8080']);
  await machine.spawnInClient(process.execPath, ['-e', TELL_PEER, '8080']);
  // Programs have to start, and IPv6 addresses are of no use until nobody else is known to have them (RFC 4862).
  for (
    let tries = 0;
    tries < 20 && (await fromClient([...on(HOST, 8080), ...on(HOST, 443)])).some(isError);
    tries += 1
  ) {
    await sleep(200);
  }
});
test.after.always('it is taken away', () => machine?.destroy());

const isError = (answer: string) => /^[A-Z]+$/.test(answer);
const callFrom = (run: RunInside, places: readonly string[]) =>
  callEach(async (program, ...args) => (await run(program, args)).stdout, process.execPath, places);
const fromClient = (places: readonly string[]) => callFrom(machine.inClient, places);
const from = (service: string, places: readonly string[]) =>
  callEach(
    (...command) => stack.docker('exec', `appliance-${service}-1`, ...command),
    '/usr/bin/node',
    places,
  );
const inside =
  (pid: string): RunInside =>
  (command, args) =>
    machine.inHost('nsenter', ['-t', pid, '-n', command, ...args]);
const refused = () => packets({ machine }, 'egress-locked-refused');

test('80 and 443 are answered over both families, and the service sees the client’s own address', async (t) => {
  for (const port of [80, 443]) t.deepEqual(await fromClient(on(HOST, port)), OUTSIDE);
});

test('this host, and a container beside it, reach the published service as clients do', async (t) => {
  t.deepEqual((await callFrom(machine.inHost, on(HOST, 443))).filter(isError), []);
  t.deepEqual(await from('other', on(HOST, 443)), [AT.rtc.gateway[0], AT.rtc.gateway[1]]);
});

test('a container on two networks reaches the world, and is reached, by the one that is published', async (t) => {
  for (const service of ['front', 'media'])
    t.deepEqual(await from(service, on(OUTSIDE, 8080)), HOST, service);
});

test('a locked service reaches the services that are named, and they it', async (t) => {
  const before = await refused();
  const named = [...on(AT.token.front, 443), ...on(AT.token.media, 8080)];
  t.deepEqual(
    await from('locked', named),
    named.map((_, index) => AT.token.locked[index % 2]),
  );
  t.deepEqual(await from('media', on(AT.token.locked, 8080)), [...AT.token.media]);
  t.is((await refused()) - before, 0);
});

test('it answers this host, which probes it', async (t) => {
  t.deepEqual(await callFrom(machine.inHost, on(AT.token.locked, 8080)), [...AT.token.gateway]);
});

test('it reaches nothing else, is told so at once, and each attempt is counted', async (t) => {
  const elsewhere = [
    ...on(AT.rtc.other, 8080),
    ...on(AT.rtc.front, 443),
    ...on(HOST, 443),
    ...on(HOST, 8080),
    ...on([...AT.token.gateway, ...AT.rtc.gateway, '172.17.0.1'], 8080),
    ...on(OUTSIDE, 8080),
    '169.254.169.254 80',
    '203.0.113.9 443',
    '2001:db8:9::9 443',
    'fe80::1%eth0 8080',
  ];
  // Something answers at most of them.
  const open = await from('other', elsewhere.slice(0, 15));
  t.deepEqual(open.filter(isError), []);
  const before = await refused();
  const answers = await from('locked', elsewhere);
  t.deepEqual(
    answers,
    elsewhere.map(() => 'ECONNREFUSED'),
  );
  t.is((await refused()) - before, elsewhere.length);
});

test('a name outside is not looked up for it: the resolver’s questions leave from inside the lock', async (t) => {
  const lookUp = `
    const resolver = new (require('node:dns').promises.Resolver)({ timeout: 1000, tries: 1 });
    resolver.resolve4(process.argv[1]).then(console.log, ({ code }) => console.log(code));
  `;
  const answerFor = (name: string) =>
    stack.docker('exec', 'appliance-locked-1', '/usr/bin/node', '-e', lookUp, name);
  t.is(await answerFor('front'), `[ '${AT.token.front[0]}' ]`, 'the names of the services are known');
  const before = await refused();
  t.regex(await answerFor('foreign.example'), /^E[A-Z]+$/);
  t.true((await refused()) > before);
});

test('a forged source does not help it', async (t) => {
  const inLocked = inside(await stack.pidOf('locked'));
  for (const address of ['172.30.5.77', '192.0.2.7']) {
    const before = await refused();
    await inLocked('ip', ['address', 'add', `${address}/32`, 'dev', 'eth0']);
    await inLocked('ip', ['route', 'replace', 'default', 'via', AT.token.gateway[0], 'src', address]);
    const answers = await callFrom(inLocked, on([HOST_V4, CLIENT_V4], 8080));
    t.true(answers.every(isError), answers.join());
    t.true((await refused()) - before >= 2, 'it was the rule that refused');
  }
  await inLocked('ip', ['route', 'replace', 'default', 'via', AT.token.gateway[0]]);
});

test('who has a route to the locked network reaches nothing by it', async (t) => {
  const { inClient } = machine;
  await inClient('ip', ['route', 'add', '172.30.5.0/24', 'via', HOST_V4]);
  await inClient('ip', ['route', 'add', 'fd4a:9c1e:7d30:5::/64', 'via', HOST_V6]);
  const before = await packets({ machine }, 'direct-dropped');
  const places = [...on(AT.token.locked, 8080), ...on(AT.token.front, 443), ...on(AT.rtc.other, 8080)];
  t.deepEqual(new Set(await fromClient(places)), new Set(['SILENCE']));
  t.true((await packets({ machine }, 'direct-dropped')) - before >= places.length);
  for (const subnet of ['172.30.5.0/24', 'fd4a:9c1e:7d30:5::/64'])
    await inClient('ip', ['route', 'del', subnet]);
});

test('without rules nothing outside answers it; what it began then ends when they are back, closed or not', async (t) => {
  const table = await stack.table();
  const inLocked = inside(await stack.pidOf('locked'));
  const echo = await startEcho(machine.spawnInHost, HOST_V4, 9000);
  const flow = async () => {
    const [program, ...args] = sender(process.execPath, HOST_V4, 9000, 9123);
    return (await inLocked(program, args)).stdout.trim();
  };
  t.is(await flow(), 'silence');
  await machine.inHost('/usr/sbin/nft', ['delete', 'table', 'inet', 'appliance']);
  t.is(await flow(), 'answered', 'the rules are what kept it in');
  t.deepEqual(await from('locked', on([CLIENT_V4], 8080)), ['SILENCE'], 'Docker does not masquerade it');
  t.deepEqual(await from('other', on([CLIENT_V4], 8080)), [HOST_V4], 'as it does its neighbour');

  await stack.commit(closedTable(table));
  t.is(await flow(), 'silence', 'the rules of the next boot');
  t.true((await refused()) > 0);
  t.true(await isAnswered(machine.inClient, HOST_V4, 9000), 'the other end is still there');
  await echo.stop();
  await stack.commit(table);
  t.deepEqual(await from('locked', on(AT.token.front, 443)), [...AT.token.locked]);
});
