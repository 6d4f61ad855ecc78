import test from 'ava';
import { elementCallProbes } from '../../../agent/stack/element-call/probes.ts';
import { embeddedProbes } from '../../../agent/stack/embedded/probes.ts';

for (const [stack, probes] of [
  ['element-call', elementCallProbes],
  ['embedded', embeddedProbes],
] as const) {
  test(`coturn of the stack ${stack} is asked to relay only where it can: not from loopback, without a network`, (t) => {
    const kinds = (host: string) =>
      probes('coturn', { backend: null, host, publicHost: host }).map(({ kind }) => kind);
    t.deepEqual(kinds('192.0.2.1'), ['stun', 'turn-relay', 'turn-relay']);
    t.deepEqual(kinds('127.0.0.1'), ['stun']);
  });
}
