import test from 'ava';
import { parseUclient, uclientArguments } from '../../support/turnutils.ts';

// Recorded from turnutils_uclient of coturn 4.6.1.
const RELAYED = `0: : Total connect time is 0
1: : start_mclient: msz=1, tot_send_msgs=0, tot_recv_msgs=0, tot_send_bytes ~ 0, tot_recv_bytes ~ 0
6: : start_mclient: msz=1, tot_send_msgs=16, tot_recv_msgs=16, tot_send_bytes ~ 1600, tot_recv_bytes ~ 1600
6: : start_mclient: tot_send_msgs=20, tot_recv_msgs=18
6: : start_mclient: tot_send_bytes ~ 2000, tot_recv_bytes ~ 1800
6: : Total transmit time is 6
6: : Total lost packets 2 (10.000000%), total send dropped 0 (0.000000%)
`;

test('the final totals of a relay are read', (t) => {
  t.deepEqual(parseUclient(RELAYED), { sent: 20, received: 18, lost: 2, refusal: null, output: RELAYED });
});

test('what the server refused is told', (t) => {
  const refusal = (output: string) => parseUclient(output).refusal;
  t.is(refusal('0: : channel bind: error 403 (Forbidden IP)\n'), '403 Forbidden IP');
  t.is(refusal('0: : ERROR: Cannot complete Allocation\n'), 'Cannot complete Allocation');
  t.is(refusal('recv: Connection refused\n'), 'recv: Connection refused');
  t.is(parseUclient('').sent, 0, 'silence is no success');
});

test('the client is asked for one flow to the peer, over the transport and by the method', (t) => {
  const options = { server: '192.0.2.1', secret: 's', peer: '192.0.2.2', peerPort: 7882, count: 50 } as const;
  const common = [
    '-W',
    's',
    '-u',
    'test',
    '-e',
    '192.0.2.2',
    '-r',
    '7882',
    '-n',
    '50',
    '-m',
    '1',
    '-c',
    '-z',
    '20',
  ];
  t.deepEqual(uclientArguments({ ...options, transport: 'udp', method: 'channel' }), [
    ...common,
    '192.0.2.1',
  ]);
  t.deepEqual(uclientArguments({ ...options, transport: 'tcp', method: 'send-indication' }), [
    ...common,
    '-t',
    '-s',
    '192.0.2.1',
  ]);
});
