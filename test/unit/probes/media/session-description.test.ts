import test from 'ava';
import { parse } from 'sdp-transform';
import { readCandidate, readOffer, writeAnswer } from '../../../../agent/probes/media/session-description.ts';

/** As LiveKit 1.13.5 sent it to a participant that may subscribe and nothing else. */
const OFFER = [
  'v=0',
  'o=- 4551710418754926553 1795365474 IN IP4 0.0.0.0',
  's=-',
  't=0 0',
  'a=msid-semantic:WMS *',
  'a=fingerprint:sha-256 9A:21:04:4F:2B:A8:E4:AA:31:76:53:DA:E1:5C:56:EA:32:A5:B2:87:8D:45:F1:B9:0D:D2:36:89:EF:BE:6A:96',
  'a=extmap-allow-mixed',
  'a=group:BUNDLE 0',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 0.0.0.0',
  'a=setup:actpass',
  'a=mid:0',
  'a=sendrecv',
  'a=sctp-port:5000',
  'a=max-message-size:65535',
  'a=ice-ufrag:elAOkcPcacdEZQxP',
  'a=ice-pwd:eXEJnDNYnQqMZGqmSUzbHdzyfIQekoSm',
  '',
].join('\r\n');

test('an offer of LiveKit gives the credentials of its checks', (t) => {
  t.deepEqual(readOffer(OFFER), {
    credentials: { ufrag: 'elAOkcPcacdEZQxP', password: 'eXEJnDNYnQqMZGqmSUzbHdzyfIQekoSm' },
    lite: false,
    candidates: [],
  });
});

test('a username fragment of digits keeps its zeros', (t) => {
  t.is(readOffer(OFFER.replace('elAOkcPcacdEZQxP', '0042'))?.credentials.ufrag, '0042');
});

test('a peer that only answers checks says so, and candidates in the offer itself are taken', (t) => {
  const candidate = 'a=candidate:1 1 udp 2130706431 203.0.113.10 7882 typ host';
  const offer = readOffer(
    OFFER.replace('t=0 0', 't=0 0\r\na=ice-lite').replace('a=mid:0', `a=mid:0\r\n${candidate}`),
  );
  t.true(offer?.lite);
  t.deepEqual(offer?.candidates, [{ protocol: 'udp', address: '203.0.113.10', port: 7882, type: 'host' }]);
});

test('an offer without ICE is none', (t) => {
  t.is(readOffer(OFFER.replace(/a=ice.*\r\n/g, '')), null);
});

test('trickled candidates are read; an empty one, a name in place of an address and other transports are not', (t) => {
  t.deepEqual(
    readCandidate('candidate:2705583199 1 tcp 1671430143 203.0.113.10 7881 typ host tcptype passive ufrag x'),
    [{ protocol: 'tcp', address: '203.0.113.10', port: 7881, type: 'host' }],
  );
  t.deepEqual(readCandidate('candidate:1 1 UDP 1 2001:db8::1 7882 typ srflx raddr :: rport 0'), [
    { protocol: 'udp', address: '2001:db8::1', port: 7882, type: 'srflx' },
  ]);
  t.deepEqual(readCandidate(''), []);
  t.deepEqual(readCandidate('candidate:1 1 udp 1 f00.local 7882 typ host'), []);
  t.deepEqual(readCandidate('candidate:1 1 ssltcp 1 203.0.113.10 443 typ host'), []);
});

test('the answer takes every medium of the offer, with our side of ICE and another certificate', (t) => {
  const answer = parse(writeAnswer(OFFER, { ufrag: 'ours', password: 'our-password-of-22-characters' }));
  t.is(answer.media.length, 1);
  const [media] = answer.media;
  t.is(media?.iceUfrag, 'ours');
  t.is(media?.icePwd, 'our-password-of-22-characters');
  t.is(media?.setup, 'active');
  t.is(String(media?.mid), '0');
  t.regex(media?.fingerprint?.hash ?? '', /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  t.not(media?.fingerprint?.hash, parse(OFFER).fingerprint?.hash);
  t.is(media?.candidates, undefined);
});
