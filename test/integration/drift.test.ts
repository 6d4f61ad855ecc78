import type { ExecutionContext } from 'ava';
import type { FirewallStatus } from '../../agent/control/status.ts';
import { APPLIANCE_NEEDS, type Appliance, isUp, startAppliance } from '../support/appliance.ts';
import { type Client, createClient, echoedBySfu } from '../support/client.ts';
import { needs, testWhen } from '../support/needs.ts';

const test = testWhen(needs(APPLIANCE_NEEDS));
const NFT = '/usr/sbin/nft';
const IPTABLES = '/usr/sbin/iptables';
const BAR_MS = 2_000;
let appliance: Appliance;
let client: Client;

test.before('an appliance comes up, beside a table of somebody else', async () => {
  appliance = await startAppliance();
  client = createClient(appliance.machine);
  await nft('add table inet theirs');
  await nft('add chain inet theirs input { type filter hook input priority 7; policy accept; }');
  await nft('add rule inet theirs input udp dport 9 counter drop comment "theirs"');
});
test.after.always('it is taken away', () => appliance?.destroy());

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const echoed = () => echoedBySfu(client);

async function must(command: string, ...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await appliance.machine.inHost(command, args);
  if (exitCode !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  return stdout;
}
/** One command in nft's own words. */
const nft = (...words: string[]) => must(NFT, ...words);
/** A table without counts and handles; what is in sets and between chains has no order. */
const tableNow = async (name: string) =>
  (await nft('-s', 'list', 'table', 'inet', name).catch(() => '')).split('\n').sort().join('\n');
const userChain = () => must(IPTABLES, '-S', 'DOCKER-USER').catch(() => '');
const handleOf = async (chain: string, rule: RegExp) => {
  const line = (await nft('-a', 'list', 'chain', 'inet', 'appliance', chain))
    .split('\n')
    .find((text) => rule.test(text));
  const [, comment, handle] = /comment "([^"]+)" # handle (\d+)/.exec(line ?? '') ?? [];
  if (comment === undefined || handle === undefined) throw new Error(`no rule ${rule} in ${chain}`);
  return { comment, handle };
};
const applied = () => appliance.agent().output().split('"step":"apply-table"').length - 1;
const countedIn = async () =>
  Number(/packets (\d+)/.exec(await nft('list counter inet appliance udp-7882-in'))?.[1]);

/** Does the damage, and waits until all is as it was; fails when that takes longer than the bar. */
async function isPutRight(t: ExecutionContext, damage: () => Promise<unknown>): Promise<void> {
  const before = {
    ours: await tableNow('appliance'),
    theirs: await tableNow('theirs'),
    user: await userChain(),
  };
  await damage();
  const damagedAt = performance.now();
  const isRight = async () =>
    (await tableNow('appliance')) === before.ours && (await userChain()) === before.user;
  t.false(await isRight(), 'there is a damage');
  while (!(await isRight()) && performance.now() - damagedAt < BAR_MS) await pause(20);
  t.log(`put right after ${Math.round(performance.now() - damagedAt)} ms`);
  t.is(await tableNow('appliance'), before.ours);
  t.is(await userChain(), before.user);
  t.is(await tableNow('theirs'), before.theirs);
}

for (const [what, damage] of [
  [
    'a rule is deleted',
    async () =>
      nft(
        'delete',
        'rule',
        'inet',
        'appliance',
        'forward',
        'handle',
        (await handleOf('forward', /mark-in/)).handle,
      ),
  ],
  [
    'a rule is replaced by another with the same comment',
    async () => {
      const { handle, comment } = await handleOf('input', /drop-without-backend/);
      await nft(`replace rule inet appliance input handle ${handle} accept comment "${comment}"`);
    },
  ],
  ['an element is deleted from the map', () => nft('delete element inet appliance dnat4 { udp . 7882 }')],
  ['the policy of a chain is changed', () => nft('chain inet appliance forward { policy drop; }')],
  ['a rule of others is put before ours', () => nft('insert rule inet appliance forward drop')],
] as const) {
  test(`${what}: it is put right within 2 s, once, and nothing that was counted is lost`, async (t) => {
    t.is(await echoed(), 10);
    const [times, packets] = [applied(), await countedIn()];
    t.true(packets >= 10);
    await isPutRight(t, damage);
    t.true((await countedIn()) >= packets);
    t.is(await echoed(), 10);
    await pause(1_500);
    t.is(applied(), times + 1, 'our own change wakes us, and is none');
  });
}

test('our rule in DOCKER-USER is deleted: it is back within 2 s', async (t) => {
  await isPutRight(t, async () => {
    const rule = (await userChain()).split('\n').find((line) => line.includes('appliance-agent'));
    await must(IPTABLES, ...(rule ?? '').replace('-A ', '-D ').split(' '));
  });
  t.is(await echoed(), 10);
});

test('the table is deleted: it is back within 2 s', async (t) => {
  await isPutRight(t, () => nft('delete table inet appliance'));
  t.is(await echoed(), 10);
});

test('firewall show tells both directions apart, and diff finds nothing; to anybody as the agent last saw it', async (t) => {
  t.is(await echoed(), 10);
  const shown = await appliance.agentctl('firewall', 'show', '--json');
  t.is(shown.exitCode, 0, shown.stderr);
  const firewall: FirewallStatus = JSON.parse(shown.stdout);
  const port = firewall.published.find(({ port }) => port === 7882);
  t.true((port?.in.packets ?? 0) >= 10 && (port?.out.packets ?? 0) >= 10, shown.stdout);
  t.is(port?.packets, (port?.in.packets ?? 0) + (port?.out.packets ?? 0));
  t.regex((await appliance.agentctl('firewall', 'show')).stdout, /^7882\/udp +livekit +172\.30\.5\.\d+ /m);
  const none = await appliance.agentctl('firewall', 'diff');
  t.is(none.exitCode, 0, none.stderr);
  t.regex(none.stdout, /^No difference/m);
  await appliance.freshStatus();
  const nobody = await appliance.agentctlAsNobody('firewall', 'show');
  t.is(nobody.exitCode, 0, nobody.stderr);
  t.regex(nobody.stdout, /^7882\/udp /m);
});

test('from the rules that were kept for boot the agent goes on without removing anything', async (t) => {
  await appliance.agent().stop();
  await nft('delete table inet appliance');
  await must(NFT, '-j', '-f', appliance.paths.firewallBase);
  const handle = async () => /handle (\d+)/.exec(await nft('-a', 'list', 'table', 'inet', 'appliance'))?.[1];
  const loaded = await handle();
  t.is(await echoed(), 0, 'closed until the agent opens');
  await appliance.startAgent();
  await appliance.until(
    'it is open',
    30_000,
    (status) => isUp(status) && status.firewall.state === 'in-sync',
  );
  t.is(await handle(), loaded, 'the same table');
  t.is(await echoed(), 10);
  const { dropped } = (await appliance.freshStatus()).firewall;
  t.true(dropped.some(({ what, packets }) => /service was away/.test(what) && packets >= 10));
});

test('the ruleset is flushed: our table is back within 2 s', async (t) => {
  const before = await tableNow('appliance');
  await nft('flush ruleset');
  const flushedAt = performance.now();
  while ((await tableNow('appliance')) !== before && performance.now() - flushedAt < BAR_MS) await pause(20);
  t.log(`back after ${Math.round(performance.now() - flushedAt)} ms`);
  t.is(await tableNow('appliance'), before);
  t.is(await echoed(), 10);
});
