import * as nft from '../../agent/nftables/index.ts';
import { needs, testWhen } from '../support/needs.ts';
import { type Namespace, namespace } from './nftables-namespace.ts';

const test = testWhen(needs({ root: true, commands: ['nft', 'ip'] }));

/** A table that sends each new flow to 127.0.0.1:7882 on to a target, and counts it. */
function redirecting(target: string, counted = 'seen'): nft.TableSpec {
  return {
    family: 'inet',
    name: 'appliance',
    counters: ['seen'],
    sets: [],
    maps: [
      {
        name: 'targets',
        type: ['inet_proto', 'inet_service'],
        map: 'ipv4_addr',
        elements: [{ key: ['udp', 7882], value: target }],
      },
    ],
    chains: [
      {
        name: 'output',
        base: { type: 'nat', hook: 'output', priority: -110, policy: 'accept' },
        rules: [
          {
            id: 'redirect',
            statements: [
              nft.dnat('ip', { map: { key: nft.concat(nft.l4proto, nft.dport), data: '@targets' } }),
            ],
          },
        ],
      },
      {
        name: 'accounts',
        base: { type: 'filter', hook: 'input', priority: -10, policy: 'accept' },
        rules: [{ id: `count-${counted}`, statements: [nft.equal(nft.dport, 7882), nft.count('seen')] }],
      },
    ],
  };
}

/** Sends to 127.0.0.1:7882 from a new port each time, and counts what arrives at which address. */
const SENDER = `
  const { createSocket } = require('node:dgram');
  const { once } = require('node:events');
  const arrived = { '127.0.0.1': 0, '127.0.0.2': 0, '127.0.0.3': 0 };
  (async () => {
    const listeners = Object.keys(arrived).map((address) => {
      const socket = createSocket({ type: 'udp4', recvBufferSize: 4194304 }).on('message', () => { arrived[address] += 1; });
      socket.bind(7882, address);
      return socket;
    });
    await Promise.all(listeners.map((socket) => once(socket, 'listening')));
    const end = Date.now() + Number(process.argv[1]);
    while (Date.now() < end) {
      const socket = createSocket('udp4');
      await new Promise((done) => socket.send('x', 7882, '127.0.0.1', done));
      socket.close();
    }
    await new Promise((done) => setTimeout(done, 100));
    console.log(JSON.stringify(arrived));
    listeners.forEach((socket) => socket.close());
  })();
`;

interface Arrivals {
  readonly untranslated: number;
  readonly first: number;
  readonly second: number;
}

/** Sends for so many milliseconds, and calls `meanwhile` again and again until then. */
async function sendWhile(
  here: Namespace,
  milliseconds: number,
  meanwhile: () => Promise<void>,
): Promise<Arrivals> {
  let sending = true;
  const sender = here.inside(process.execPath, '-e', SENDER, String(milliseconds)).finally(() => {
    sending = false;
  });
  while (sending) await meanwhile();
  const { stdout, stderr } = await sender;
  if (stdout === '') throw new Error(`the sender failed: ${stderr}`);
  const arrived: Record<string, number> = JSON.parse(stdout);
  const at = (address: string) => arrived[address] ?? Number.NaN;
  return { untranslated: at('127.0.0.1'), first: at('127.0.0.2'), second: at('127.0.0.3') };
}

test('no packet sees a map without its element while the element is changed', async (t) => {
  const here = await namespace(t);
  await here.nft.commit(nft.convergence(redirecting('127.0.0.2'), null));
  let swaps = 0;
  const arrivals = await sendWhile(here, 1500, async () => {
    const target = swaps % 2 === 0 ? '127.0.0.3' : '127.0.0.2';
    await here.nft.commit(nft.convergence(redirecting(target), await here.nft.list('inet', 'appliance')));
    swaps += 1;
  });
  t.true(swaps >= 5, `${swaps} changes`);
  t.true(arrivals.first > 0 && arrivals.second > 0, JSON.stringify(arrivals));
  t.is(arrivals.untranslated, 0, `of ${JSON.stringify(arrivals)} in ${swaps} changes`);
});

test('the same change in two transactions is seen by packets: what the test above would notice', async (t) => {
  const here = await namespace(t);
  const spec = redirecting('127.0.0.2');
  await here.nft.commit(nft.convergence(spec, null));
  const arrivals = await sendWhile(here, 1000, async () => {
    const change = nft.convergence(redirecting('127.0.0.3'), await here.nft.list('inet', 'appliance'));
    const back = nft.convergence(spec, null).operations.filter(({ kind }) => kind === 'element');
    await here.nft.commit({ ...change, operations: change.operations.slice(0, 1) });
    await here.nft.commit({ ...change, operations: back });
  });
  t.true(arrivals.untranslated > 0, JSON.stringify(arrivals));
});

test('a named counter keeps counting when the rules that use it are stated again or replaced', async (t) => {
  const here = await namespace(t);
  const packets = async () => (await here.nft.list('inet', 'appliance'))?.counters[0]?.packets ?? 0;
  await here.nft.commit(nft.convergence(redirecting('127.0.0.2'), null));
  await sendWhile(here, 200, () => new Promise((done) => setTimeout(done, 50)));
  const counted = await packets();
  t.true(counted > 0);
  const change = nft.convergence(redirecting('127.0.0.2', 'again'), await here.nft.list('inet', 'appliance'));
  t.true(change.operations.some(({ verb, kind }) => verb === 'flush' && kind === 'chain'));
  await here.nft.commit(change);
  t.is(await packets(), counted);
  await here.nft.commit(
    nft.replacement(redirecting('127.0.0.3', 'again'), await here.nft.list('inet', 'appliance')),
  );
  t.is(await packets(), counted);
  await sendWhile(here, 200, () => new Promise((done) => setTimeout(done, 50)));
  t.true((await packets()) > counted);
});
