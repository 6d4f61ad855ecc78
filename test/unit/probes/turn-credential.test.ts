import test from 'ava';
import { turnCredential } from '../../../agent/probes/turn-credential.ts';

test('a TURN credential is the expiry and the name, with their HMAC-SHA1 under the shared secret', (t) => {
  // Computed with: printf 1893456000:probe | openssl dgst -sha1 -hmac north -binary | base64
  t.deepEqual(turnCredential('north', 'probe', 1893456000), {
    username: '1893456000:probe',
    password: 'u89ewXmfZlM1QqLBJG2cgGoH9v8=',
  });
});

test('the expiry is in whole seconds', (t) => {
  t.is(turnCredential('north', 'probe', 1893456000.9).username, '1893456000:probe');
});
