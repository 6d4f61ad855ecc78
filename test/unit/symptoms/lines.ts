import type { Ours } from '../../../agent/symptoms/symptoms.ts';

/** What stands in for a user's token in the lines. */
export const TOKEN = 'S3CR3Ttoken';

export const ours: Ours = {
  serverName: 'example.org',
  addresses: ['203.0.113.10', '2001:db8::10'],
  sfu: '172.30.5.3',
};

const LOOK_UP = '2026-11-22 20:23:56 ERROR helper.go:155 | OpenIDUserInfo: Failed to look up user info err=';
const asked = (server: string) =>
  `${LOOK_UP}Get "matrix://${server}/_matrix/federation/v1/openid/userinfo?access_token=${TOKEN}": `;
const ROOM =
  '2026-11-22 20:24:01 ERROR helper.go:214 | CreateLiveKitRoom: Error creating room room=pRFzEPtSfqdKIzEf0NCR8PiABfxPTGTxjJq8B7Y6NS4 lkId=@u:example.org:D matrixUser=@u:example.org access=full err=';
const removed = (room: string, reason: string) =>
  `{"level":"info","ts":1795379258.6196365,"logger":"livekit","caller":"rtc/room.go:1449","msg":"removing participant without connection","room":"${room}","roomID":"RM_YczyWjHshubz","participant":"@u:example.org:D","participantID":"PA_peMgwfxkeySG","remote":false,"subscriberCandidates":["[local][trickle] udp4 host 203.0.113.10:7882 (resolved: 203.0.113.10:7882)"],"connectionType":"unknown","reason":"${reason}","clientInfo":{"sdk":"UNKNOWN","protocol":9,"os":"Other","deviceModel":"Other","browser":"Other"}}`;

export interface Line {
  readonly service: string;
  readonly line: string;
  /** Null: it is no trouble of ours. */
  readonly told: readonly [code: string, evidence: string] | null;
}

/** Lines as the programs wrote them (see recorded/README.md), or, where it says so, as their sources write them. */
export const LINES: readonly Line[] = [
  {
    service: 'lk-jwt',
    line: `${asked('example.org')}dial tcp: lookup example.org on 10.255.255.53:53: dial udp 10.255.255.53:53: connect: network is unreachable`,
    told: ['TOKEN_CHECK_FAILS', 'asking example.org whose token it is: network is unreachable'],
  },
  {
    service: 'lk-jwt',
    line: `${asked('example.org')}tls: failed to verify certificate: x509: certificate signed by unknown authority`,
    told: [
      'TOKEN_CHECK_FAILS',
      'asking example.org whose token it is: x509: certificate signed by unknown authority',
    ],
  },
  {
    service: 'lk-jwt',
    line: `${asked('127.0.0.1:9')}dial tcp 127.0.0.1:9: connect: connection refused`,
    told: null,
  },
  {
    service: 'lk-jwt',
    line: `${asked('localhost')}tls: failed to verify certificate: x509: certificate is valid for example.org, not localhost`,
    told: null,
  },
  // From the source: fclient/client.go.
  {
    service: 'lk-jwt',
    line: `${LOOK_UP}HTTP 502 : Bad Gateway`,
    told: ['TOKEN_CHECK_FAILS', 'the homeserver, or Traefik before it, answered HTTP 502'],
  },
  { service: 'lk-jwt', line: `${LOOK_UP}HTTP 401 : {"errcode":"M_UNKNOWN_TOKEN"}`, told: null },
  {
    service: 'lk-jwt',
    line: `${ROOM}twirp error internal: failed to do request: Post "http://203.0.113.10:7/twirp/livekit.RoomService/CreateRoom": dial tcp 203.0.113.10:7: connect: connection refused`,
    told: ['ROOM_NOT_MADE', 'connection refused'],
  },
  {
    service: 'lk-jwt',
    line: `${ROOM}twirp error internal: failed to do request: Post "https://rtc.example.org/twirp/livekit.RoomService/CreateRoom": dial tcp: lookup rtc.example.org on 10.255.255.53:53: dial udp 10.255.255.53:53: connect: network is unreachable`,
    told: ['ROOM_NOT_MADE', 'network is unreachable'],
  },
  {
    service: 'livekit',
    line: 'could not validate RTC config: could not resolve external IP: context deadline exceeded',
    told: ['SFU_NO_EXTERNAL_IP', 'LiveKit asks the internet for its own address, and nobody answers'],
  },
  {
    service: 'livekit',
    line: removed('pRFzEPtSfqdKIzEf0NCR8PiABfxPTGTxjJq8B7Y6NS4', 'SIGNAL_SOURCE_CLOSE'),
    told: ['MEDIA_NEVER_CAME', 'participants had signalling and never media (SIGNAL_SOURCE_CLOSE)'],
  },
  {
    service: 'livekit',
    line: removed('appliance-probe-7dcf67b220ff86516a4d6a08', 'JOIN_TIMEOUT'),
    told: null,
  },
  { service: 'livekit', line: removed('call', 'CLIENT_REQUEST_LEAVE'), told: null },
  {
    service: 'coturn',
    line: '4: : ERROR: A peer IP 203.0.113.10 denied in the range: 0.0.0.0-255.255.255.255',
    told: ['RELAY_REFUSES_SFU', 'the relay refuses 203.0.113.10, an address of this machine'],
  },
  {
    service: 'coturn',
    line: '4: : ERROR: A peer IP 172.30.5.3 denied in the range: 0.0.0.0-255.255.255.255',
    told: ['RELAY_REFUSES_SFU', "clients ask the relay for 172.30.5.3, the address of LiveKit's container"],
  },
  // From the source of 4.17.1.
  {
    service: 'coturn',
    line: '4: : ERROR: session 001000000000000001: A peer IP 10.0.0.1 denied in the range: 0.0.0.0-255.255.255.255 in server 0 ',
    told: null,
  },
  {
    service: 'coturn',
    line: '4: : ERROR: session 001000000000000001: A peer IP 2001:db8::10 denied in the range: ::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff in server 0 ',
    told: null,
  },
  {
    service: 'traefik',
    line: '{"level":"error","providerName":"public.acme","acmeCA":"https://127.0.0.1:9/directory","routerName":"a@file","rule":"Host(`rtc.example.org`)","error":"cannot get ACME client get directory at \'https://127.0.0.1:9/directory\': unable to communicate with the API server: error: Get \\"https://127.0.0.1:9/directory\\": dial tcp 127.0.0.1:9: connect: connection refused","domains":["rtc.example.org"],"time":"2026-11-22T20:24:19Z","message":"Unable to obtain ACME certificate for domains"}',
    told: ['CERTIFICATE_NOT_ISSUED', 'connection refused'],
  },
];
