// The outside client's process: `client-process.ts ACTION JSON`, run inside a network namespace by client.ts.
// Prints its result as one line of JSON. A flow prints `sending` once it has begun, and ends early on SIGTERM.
import { setTimeout as sleep } from 'node:timers/promises';
import { probeStunBinding } from '../../agent/probes/stun-probe.ts';
import { probeTcp } from '../../agent/probes/tcp-probe.ts';
import { scanTcp } from './tcp-scan.ts';
import { udpFlow } from './udp-flow.ts';
import { scanUdp } from './udp-scan.ts';

const actions: Readonly<Record<string, (options: string) => Promise<unknown>>> = {
  tcp: (options) => probeTcp(JSON.parse(options)),
  stun: (options) => probeStunBinding(JSON.parse(options)),
  scan: (options) => scanTcp(JSON.parse(options).host),
  'scan-udp': (options) => scanUdp(JSON.parse(options)),
  'udp-flow': async (options) => {
    const stop = new AbortController();
    process.once('SIGTERM', () => stop.abort());
    const result = udpFlow(JSON.parse(options), stop.signal);
    await sleep(0);
    console.log('sending');
    return result;
  },
};

const [name = '', options = '{}'] = process.argv.slice(2);
const action = actions[name];
if (action === undefined) throw new Error(`no such action: ${name}`);
console.log(JSON.stringify(await action(options)));
