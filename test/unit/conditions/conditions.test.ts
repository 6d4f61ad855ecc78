import test from 'ava';
import { known } from '../../../agent/conditions/findings.ts';
import { CONDITIONS } from '../../../agent/conditions/index.ts';
import { sparesMemory } from '../../../agent/conditions/memory-levels.ts';
import { evaluate, toProblems } from '../../../agent/conditions/problems.ts';
import type { Facts, Finding } from '../../../agent/conditions/types.ts';
import type { PerimeterStatus } from '../../../agent/control/status.ts';
import { dark, well } from './well.ts';

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;

function find(code: string, facts: Partial<Facts>): Finding {
  const result = evaluate(CONDITIONS, { ...well, ...facts }).find(({ condition }) => condition.code === code);
  if (result === undefined) throw new Error(`no condition ${code}`);
  return result.finding;
}

/** The finding must be bad; its severity is the condition's own unless it says another. */
function badOf(code: string, facts: Partial<Facts>): { severity: string; evidence: string; next: string } {
  const finding = find(code, facts);
  const severity = CONDITIONS.find((condition) => condition.code === code)?.severity ?? '';
  if (finding.state !== 'bad') throw new Error(`${code} is ${finding.state}: ${finding.evidence}`);
  return { severity, ...finding };
}

test('on an appliance that is well every condition is good', (t) => {
  const states = evaluate(CONDITIONS, well).map(({ condition, finding }) => [condition.code, finding.state]);
  t.deepEqual(
    states,
    CONDITIONS.map(({ code }) => [code, 'good']),
  );
});

test('what is not of this stack or machine is neither good nor unknown: nobody misses it', (t) => {
  for (const code of ['MEDIA_UNREACHABLE', 'MEDIA_CANDIDATES_WRONG', 'DISCOVERY_MISSING']) {
    t.is(find(code, { media: known(null), discovery: known(null) }).state, 'none', code);
  }
});

test('what cannot be known is never bad, and keeps the reason why', (t) => {
  for (const { condition, finding } of evaluate(CONDITIONS, dark)) {
    t.deepEqual(finding, { state: 'unknown', evidence: 'needs root' }, condition.code);
  }
});

test('a table of connections that fills is degraded from 75 %, critical from 90 %, and the next step allows more', (t) => {
  const conntrack = (count: number) => ({ conntrack: known({ count, max: 65_536 }) });
  t.is(find('CONNTRACK_FULL', conntrack(49_151)).state, 'good');
  t.like(badOf('CONNTRACK_FULL', conntrack(49_152)), {
    severity: 'degraded',
    evidence: '49152 of 65536 connections (75 %)',
  });
  t.is(badOf('CONNTRACK_FULL', conntrack(58_982)).severity, 'degraded');
  t.is(badOf('CONNTRACK_FULL', conntrack(58_983)).severity, 'critical');
  t.regex(badOf('CONNTRACK_FULL', conntrack(65_536)).next, /nf_conntrack_max=131072/);
});

test('a path of media that fails is degraded while another works, critical when none does, and says since when', (t) => {
  const path = (name: 'signalling' | 'udp' | 'tcp' | 'relay', ok: boolean | null) => ({
    path: name,
    ok,
    roundTripMs: ok ? 0.4 : null,
    since: ok === false ? '2026-11-22T13:00:00.000Z' : null,
    detail: ok ? 'Binding answered' : 'no answer',
  });
  const media = (udp: boolean | null, tcp: boolean | null, relay: boolean | null, signalling = true) => ({
    media: known({
      at: '2026-11-22T13:00:00.000Z',
      paths: [path('signalling', signalling), path('udp', udp), path('tcp', tcp), path('relay', relay)],
      fault: null,
    }),
  });
  t.like(badOf('MEDIA_UNREACHABLE', media(false, true, true)), {
    severity: 'degraded',
    evidence: '7882/udp since 2026-11-22T13:00:00.000Z: no answer',
  });
  t.is(badOf('MEDIA_UNREACHABLE', media(false, false, false)).severity, 'critical');
  t.is(badOf('MEDIA_UNREACHABLE', media(true, true, true, false)).severity, 'critical');
  t.is(find('MEDIA_UNREACHABLE', media(null, true, true)).state, 'unknown');
  t.regex(find('MEDIA_UNREACHABLE', media(true, true, true)).evidence, /from outside it cannot be seen$/);
});

test('codes are unique, stable in form, and depend on codes that exist', (t) => {
  const codes = CONDITIONS.map(({ code }) => code);
  t.is(new Set(codes).size, codes.length);
  for (const condition of CONDITIONS) {
    t.regex(condition.code, /^[A-Z0-9]+(_[A-Z0-9]+)+$/);
    for (const parent of condition.dependsOn) t.true(codes.includes(parent), parent);
    for (const text of [condition.title, condition.check, condition.meaning, condition.remedy]) {
      t.true(text.length > 0 && !text.includes('  '), condition.code);
    }
  }
});

test('a refused configuration shows its error, what is in force, and how to check the correction', (t) => {
  const error = 'appliance.yaml:7: 70000 is not a port';
  const correct = 'Correct the line that is named, then check it with: `agentctl config validate`';
  const fact = known({ accepted: false, error, hint: 'The last one stays in force.' });
  t.like(badOf('CONFIG_REFUSED', { config: fact }), {
    severity: 'degraded',
    evidence: error,
    next: `The last one stays in force. ${correct}`,
  });
  t.is(badOf('CONFIG_REFUSED', { config: known({ accepted: false, error, hint: '' }) }).next, correct);
});

for (const [state, code] of [
  ['damaged', 'DATABASE_DAMAGED'],
  ['recovered', 'DATABASE_RECOVERED'],
  ['newer', 'DATABASE_NEWER'],
  ['unmigrated', 'DATABASE_UNMIGRATED'],
  ['unwritable', 'DATABASE_UNWRITABLE'],
] as const) {
  test(`a database that is ${state} is ${code} and no other problem`, (t) => {
    const facts = { ...well, database: known({ state, detail: 'what was seen', hint: '' }) };
    const bad = evaluate(CONDITIONS, facts).filter(({ finding }) => finding.state === 'bad');
    t.deepEqual(
      bad.map(({ condition, finding }) => [condition.code, finding.evidence]),
      [[code, 'what was seen']],
    );
    t.is(badOf(code, { database: known({ state, detail: '', hint: 'Do this.' }) }).next, 'Do this.');
  });
}

test('an engine that does not answer is critical and says how', (t) => {
  const error = 'no Docker Engine answers on /var/run/docker.sock';
  const engine = known({ version: '', error, stoppedAt: null });
  t.like(badOf('ENGINE_UNREACHABLE', { engine }), { severity: 'critical', evidence: error });
});

test('of an engine that an operator stopped it is said since when, and how to start it again', (t) => {
  const engine = known({ version: '', error: 'nobody answers', stoppedAt: '2026-11-22T13:00:00.000Z' });
  const { evidence, next } = badOf('ENGINE_UNREACHABLE', { engine });
  t.regex(evidence, /an operator stopped it .* at 2026-11-22T13:00:00\.000Z/);
  t.regex(next, /systemctl start docker/);
});

test('a missing Compose plugin says what to run', (t) => {
  const compose = known({ version: null, detail: 'Docker Compose version 2 is not installed' });
  t.like(badOf('COMPOSE_MISSING', { compose }), { severity: 'degraded', evidence: compose.value.detail });
});

test('a drifted table names at most three differences; one that failed is critical', (t) => {
  const differences = ['a is missing', 'b is missing', 'c is missing', 'd is missing', 'e is missing'];
  t.like(badOf('TABLE_DRIFTED', { table: known({ state: 'drifted', differences }) }), {
    severity: 'degraded',
    evidence: 'a is missing; b is missing; c is missing; and 2 more',
  });
  t.like(badOf('TABLE_DRIFTED', { table: known({ state: 'failed', differences: [] }) }), {
    severity: 'critical',
    evidence: 'the table could not be applied',
  });
});

test('a blocked forward path is critical, and one of IPv6 alone is not', (t) => {
  const forwardPath = known({
    open: false,
    detail: 'dropped by policy of FORWARD: DROP',
    rule: 'missing' as const,
    program: '/usr/sbin/iptables',
    inUse: ['iptables'],
    ipv6: null,
  });
  t.like(badOf('FORWARD_PATH_BLOCKED', { forwardPath }), {
    severity: 'critical',
    evidence: forwardPath.value.detail,
  });
  const ipv6Only = known({ ...forwardPath.value, open: true, ipv6: forwardPath.value });
  t.like(badOf('FORWARD_PATH_BLOCKED', { forwardPath: ipv6Only }), {
    severity: 'degraded',
    evidence: `IPv6: ${forwardPath.value.detail}`,
  });
});

test('a flush that took Docker’s rules is told apart from an engine that does not answer', (t) => {
  const forwardPath = known({
    open: true,
    detail: 'accepted',
    rule: 'no-chain' as const,
    program: '/usr/sbin/iptables',
    inUse: [],
    ipv6: null,
  });
  t.like(badOf('DOCKER_RULES_MISSING', { forwardPath }), { evidence: 'there is no chain DOCKER-USER' });
  const engine = known({ version: '', error: 'nobody answers', stoppedAt: null });
  const results = evaluate(CONDITIONS, { ...well, forwardPath, engine });
  const result = results.find(({ condition }) => condition.code === 'DOCKER_RULES_MISSING');
  t.is(result?.finding.state, 'unknown');
});

test('Docker that was told to write no rules misses none', (t) => {
  const forwardPath = known({
    open: true,
    detail: 'accepted',
    rule: 'no-chain' as const,
    program: '/usr/sbin/iptables',
    inUse: [],
    ipv6: null,
  });
  for (const backend of ['none', 'nftables'] as const) {
    const dockerRules = known({ backend, masquerade: true, evidence: 'by daemon.json' });
    t.deepEqual(find('DOCKER_RULES_MISSING', { forwardPath, dockerRules }), {
      state: 'good',
      evidence: 'by daemon.json',
    });
  }
});

test('a rule of others that drops our traffic is critical, and the next step is about whose it is', (t) => {
  const rule = {
    owner: 'ufw',
    place: 'table filter, chain INPUT',
    rule: '-P INPUT DROP',
    flows: ['3478/udp'],
  } as const;
  const foreignRules = known({ drops: [rule], mayDrop: [], unread: [] });
  const { severity, evidence, next } = badOf('FOREIGN_DROP', { foreignRules });
  t.is(severity, 'critical');
  t.is(evidence, 'table filter, chain INPUT: `-P INPUT DROP` (3478/udp)');
  t.regex(next, /ufw allow 3478/);
});

test('a rule that may drop some packets is told of and is no problem; a table that cannot be read leaves it open', (t) => {
  const rule = { owner: 'site', place: 'table ip x, chain y', rule: 'drop', flows: ['7882/udp'] } as const;
  const some = find('FOREIGN_DROP', { foreignRules: known({ drops: [], mayDrop: [rule], unread: [] }) });
  t.deepEqual(some, {
    state: 'good',
    evidence: 'none drops our traffic; may drop some packets: table ip x, chain y: `drop` (7882/udp)',
  });
  const unread = ['table ip z: nft was ended by a signal'];
  t.is(find('FOREIGN_DROP', { foreignRules: known({ drops: [], mayDrop: [], unread }) }).state, 'unknown');
});

test('a program on a published port is hidden by us; on a port of the relay it keeps the relay out', (t) => {
  const on = (port: string, kind: 'published' | 'open' | 'relay', program = 'rival (pid 7)') => ({
    port,
    kind,
    program,
  });
  const hidden = badOf('PORT_TAKEN', { portHolders: known([on('7882/udp', 'published')]) });
  t.like(hidden, { severity: 'degraded', evidence: '7882/udp by rival (pid 7)' });
  t.is(badOf('PORT_TAKEN', { portHolders: known([on('3478/udp', 'open')]) }).severity, 'critical');
  const proxy = known([on('7882/udp', 'published', 'docker-proxy (pid 8)')]);
  t.regex(badOf('PORT_TAKEN', { portHolders: proxy }).next, /docker ps/);
});

test('a few ports of the relay range are nobody’s problem, many are', (t) => {
  const taken = (count: number) =>
    known(
      Array.from({ length: count }, (_, index) => ({
        port: `${49_152 + index}/udp`,
        kind: 'relay' as const,
        program: 'chronyd (pid 9)',
      })),
    );
  const few = find('PORT_TAKEN', { portHolders: taken(2) });
  t.is(few.state, 'good');
  t.regex(few.evidence, /2 of the relay range by others: 49152\/udp by chronyd/);
  t.regex(badOf('PORT_TAKEN', { portHolders: taken(21) }).next, /ip_local_reserved_ports/);
});

test('two kinds of iptables at once are told of, with the one that Docker uses', (t) => {
  const forwardPath = known({
    open: true,
    detail: 'accepted',
    rule: 'present' as const,
    program: '/usr/sbin/iptables-legacy',
    inUse: ['iptables-legacy', 'iptables-nft'],
    ipv6: null,
  });
  t.like(badOf('IPTABLES_MIXED', { forwardPath }), {
    severity: 'info',
    evidence: 'rules of iptables-legacy and iptables-nft are in force; Docker uses /usr/sbin/iptables-legacy',
  });
});

test('other firewalls are told of without making the appliance less than ok', (t) => {
  const otherFirewalls = known({ flushing: 'it flushes', ufw: 'it is on', firewalld: 'it runs' });
  const problems = toProblems(evaluate(CONDITIONS, { ...well, otherFirewalls }), [], '2026-11-22T13:00:01Z');
  t.deepEqual(
    problems.map(({ code, severity }) => [code, severity]),
    [
      ['FLUSHING_SERVICE', 'info'],
      ['UFW_ACTIVE', 'info'],
      ['FIREWALLD_ACTIVE', 'info'],
    ],
  );
});

test('a change that was put right is told of, without making the appliance less than ok', (t) => {
  const recentDrift = known({ at: '2026-11-22T13:00:00Z', what: 'table inet appliance is missing' });
  const results = evaluate(CONDITIONS, { ...well, recentDrift });
  t.like(toProblems(results, [], '2026-11-22T13:00:01Z')[0], { code: 'TABLE_WAS_CHANGED', severity: 'info' });
});

test('a secret that is refused is named', (t) => {
  const secrets = known({ refused: 'the secret /x has mode 0644', rotating: null });
  t.like(badOf('SECRET_REFUSED', { secrets }), { evidence: 'the secret /x has mode 0644' });
});

test('a rotation that is under way is told, and alarms nobody', (t) => {
  const rotating = 'turn: the new one is in use; overlap until 2026-01-01T04:00:00.000Z';
  const secrets = known({ refused: null, rotating });
  t.like(badOf('SECRET_ROTATING', { secrets }), { evidence: rotating });
  t.is(CONDITIONS.find(({ code }) => code === 'SECRET_ROTATING')?.severity, 'info');
});

test('a certificate that is refused is not taken for another reason why nothing is rendered', (t) => {
  const certificate = known({ code: 'CERTIFICATE_REFUSED', message: '/tls/c.pem ended', hint: 'x' });
  t.like(badOf('CERTIFICATE_REFUSED', { refusal: certificate }), { evidence: '/tls/c.pem ended' });
  const images = known({
    code: 'IMAGES_MISSING',
    message: 'there is no image of traefik',
    hint: 'Import it.',
  });
  t.like(badOf('RENDER_REFUSED', { refusal: images }), {
    evidence: 'there is no image of traefik',
    next: 'Import it.',
  });
  const codes = (refusal: Facts['refusal']) =>
    toProblems(evaluate(CONDITIONS, { ...well, refusal }), [], '').map(({ code }) => code);
  t.deepEqual([codes(certificate), codes(images)], [['CERTIFICATE_REFUSED'], ['RENDER_REFUSED']]);
});

test('docker-proxy processes are counted, with their ports, PSS and RSS', (t) => {
  const ports = ['7881/tcp', '7882/udp'];
  const some = known({ count: 4, pssBytes: 6 * MiB, rssBytes: 12.5 * MiB, ports });
  t.like(badOf('DOCKER_PROXY_RUNNING', { dockerProxies: some }), {
    severity: 'degraded',
    evidence: '4 processes for 7881/tcp, 7882/udp (PSS 6.0 MiB, RSS 12.5 MiB)',
  });
  const many = known({
    count: 1,
    pssBytes: null,
    rssBytes: MiB,
    ports: ['1/udp', '2/udp', '3/udp', '4/udp', '5/udp', '6/udp', '7/udp'],
  });
  t.is(
    badOf('DOCKER_PROXY_RUNNING', { dockerProxies: many }).evidence,
    '1 process for 1/udp, 2/udp, 3/udp, 4/udp, 5/udp and 2 more (PSS needs root, RSS 1.0 MiB)',
  );
});

test('a listener on 5349 is a problem', (t) => {
  const turnsListener = known({ open: true, detail: 'a program listens on 5349/tcp' });
  t.is(badOf('TURNS_PORT_OPEN', { turnsListener }).evidence, 'a program listens on 5349/tcp');
});

const disk = (availableBytes: number, sizeBytes: number) =>
  known([{ mount: '/', availableBytes, sizeBytes, files: null }]);

for (const [what, disks, expected] of [
  ['10 % and 2 GiB free', disk(2 * GiB, 20 * GiB), 'good'],
  ['just below 10 %', disk(2 * GiB - 1, 20 * GiB), 'degraded'],
  ['20 % but less than 1 GiB', disk(GiB - 1, 5 * GiB), 'degraded'],
  ['3 % and more than 200 MiB', disk(0.3 * GiB, 10 * GiB), 'degraded'],
  ['just below 3 %', disk(0.3 * GiB - 1, 10 * GiB), 'critical'],
  ['2 % but 5 GiB', disk(5 * GiB, 250 * GiB), 'good'],
  ['just below 5 GiB of many', disk(5 * GiB - 1, 250 * GiB), 'degraded'],
  ['just below 1 GiB of many', disk(GiB - 1, 250 * GiB), 'critical'],
  ['less than 200 MiB', disk(200 * MiB - 1, GiB), 'critical'],
] as const) {
  test(`a disk with ${what} is ${expected}`, (t) => {
    const finding = find('DISK_LOW', { disks });
    t.is(finding.state === 'bad' ? finding.severity : finding.state, expected);
  });
}

test('only the disks that are low are named, and the worst decides', (t) => {
  const disks = known([
    { mount: '/', availableBytes: 100 * MiB, sizeBytes: 10 * GiB, files: null },
    { mount: '/var/lib/docker', availableBytes: 50 * GiB, sizeBytes: 100 * GiB, files: null },
    { mount: '/data', availableBytes: 900 * MiB, sizeBytes: 10 * GiB, files: null },
  ]);
  t.like(badOf('DISK_LOW', { disks, ballast: known(null) }), {
    severity: 'critical',
    evidence:
      '/: 100 MiB free of 10.0 GiB (0 %), /data: 900 MiB free of 10.0 GiB (8 %); nothing is set aside',
  });
  t.regex(badOf('DISK_LOW', { disks }).evidence, /\(8 %\); 64\.0 MiB set aside$/);
  t.regex(badOf('DISK_LOW', { disks, ballast: { known: false, why: 'needs root' } }).evidence, /\(8 %\)$/);
});

test('a disk that can hold few more files is low, whatever its space', (t) => {
  const disks = (available: number) =>
    known([
      { mount: '/', availableBytes: 40 * GiB, sizeBytes: 50 * GiB, files: { available, most: 1_000_000 } },
    ]);
  t.is(find('DISK_LOW', { disks: disks(100_000) }).state, 'good');
  t.like(badOf('DISK_LOW', { disks: disks(99_999) }), {
    severity: 'degraded',
    evidence: '/: 40.0 GiB free of 50.0 GiB (80 %), room for 99999 more files; 64.0 MiB set aside',
  });
  t.is(badOf('DISK_LOW', { disks: disks(29_999) }).severity, 'critical');
});

for (const [what, availableBytes, totalBytes, waitedPercent, expected] of [
  ['10 % is left', 400 * MiB, 4000 * MiB, 0, 'good'],
  ['less than 10 % is left', 400 * MiB - 1, 4000 * MiB, 0, 'degraded'],
  ['less than 128 MiB is left', 128 * MiB - 1, 512 * MiB, 0, 'degraded'],
  ['less than 3 % is left', 120 * MiB - 1, 4000 * MiB, 0, 'critical'],
  ['less than 48 MiB is left', 48 * MiB - 1, 512 * MiB, 0, 'critical'],
  ['programs hardly wait', 2 * GiB, 4 * GiB, 9.9, 'good'],
  ['programs wait a tenth of the time', 2 * GiB, 4 * GiB, 10, 'degraded'],
  ['programs do little but wait', 2 * GiB, 4 * GiB, 40, 'critical'],
  ['the kernel does not tell how long they wait', 2 * GiB, 4 * GiB, null, 'good'],
] as const) {
  test(`memory of which ${what} is ${expected}`, (t) => {
    const finding = find('MEMORY_LOW', { memory: known({ availableBytes, totalBytes, waitedPercent }) });
    t.is(finding.state === 'bad' ? finding.severity : finding.state, expected);
  });
}

test('only while hardly any memory is left, and that is known, the agent asks for less', (t) => {
  const left = (availableBytes: number) => known({ availableBytes, totalBytes: 4 * GiB, waitedPercent: 0 });
  t.false(sparesMemory(left(200 * MiB)));
  t.true(sparesMemory(left(48 * MiB)));
  t.false(sparesMemory({ known: false, why: 'the kernel does not tell' }));
  t.regex(
    badOf('MEMORY_LOW', { memory: left(48 * MiB) }).evidence,
    /asked no more than whether they answer$/,
  );
});

test('what there is of memory is told with how long programs waited', (t) => {
  const memory = known({ availableBytes: 100 * MiB, totalBytes: GiB, waitedPercent: 12.5 });
  t.is(
    badOf('MEMORY_LOW', { memory }).evidence,
    '100 MiB available of 1.0 GiB, programs waited for memory 12.5 % of the last minute',
  );
});

const clock = (wall: string, synchronized: boolean | null) =>
  known({ wall, synchronized, detail: 'as seen' });

test('a clock that is not synchronised is a note; that it cannot be told is not', (t) => {
  t.is(badOf('CLOCK_UNSYNCHRONISED', { clock: clock('2026-11-22T13:00:00Z', false) }).severity, 'info');
  t.is(find('CLOCK_UNSYNCHRONISED', { clock: clock('2026-11-22T13:00:00Z', null) }).state, 'unknown');
});

test('a clock before 2026 is critical even if it claims to be synchronised', (t) => {
  for (const wall of ['2025-12-31T23:59:59Z', '1970-01-01T00:00:07Z', 'nonsense']) {
    t.is(badOf('CLOCK_UNSYNCHRONISED', { clock: clock(wall, true) }).severity, 'critical', wall);
  }
  t.is(find('CLOCK_UNSYNCHRONISED', { clock: clock('2026-01-01T00:00:00Z', true) }).state, 'good');
});

test('missing images are named', (t) => {
  const images = known({ missing: ['appliance/livekit:1', 'appliance/coturn:1'] });
  t.is(badOf('IMAGE_MISSING', { images }).evidence, 'missing: appliance/livekit:1, appliance/coturn:1');
});

const service = (name: string, state: string, serving: boolean | null, held: boolean | null = false) => ({
  name,
  state,
  serving,
  held,
  detail: '',
});

test('livekit or coturn down is critical, another service is not', (t) => {
  for (const name of ['livekit', 'coturn']) {
    const services = known([service(name, 'exited', false)]);
    t.like(badOf('SERVICE_DOWN', { services }), { severity: 'critical', evidence: `${name}: exited` });
  }
  const services = known([service('traefik', 'running', false), service('livekit', 'running', true)]);
  t.like(badOf('SERVICE_DOWN', { services }), { severity: 'degraded', evidence: 'traefik: running' });
});

test('every service that is down is named, with the way to its log', (t) => {
  const services = known([service('coturn', 'absent', null), service('livekit', 'exited', false)]);
  const { evidence, next } = badOf('SERVICE_DOWN', { services });
  t.is(evidence, 'coturn: absent; livekit: exited');
  t.regex(
    next,
    /sudo docker logs --tail 50 appliance-coturn-1`, `sudo docker logs --tail 50 appliance-livekit-1`$/,
  );
});

test('a running service that was not probed yet is not called down', (t) => {
  const services = known([service('livekit', 'running', null), service('coturn', 'running', true)]);
  t.deepEqual(find('SERVICE_DOWN', { services }), { state: 'unknown', evidence: 'not probed yet: livekit' });
  t.is(find('SERVICE_DOWN', { services: known([]) }).state, 'unknown');
  t.is(find('SERVICE_DOWN', { services: known([service('livekit', 'unknown', null)]) }).state, 'unknown');
});

test('a service that ends again and again is one problem, whether it is seen down or between two of its ends', (t) => {
  const failures = 'it ended 7 times within 30 minutes: exit 3 (7 times)';
  const ending = (state: string, serving: boolean | null, held = false) =>
    known([
      { ...service('livekit', state, serving, held), failures },
      { ...service('coturn', 'running', true), failures: null },
    ]);
  for (const [state, serving] of [
    ['restarting', null],
    ['running', false],
    ['running', null],
  ] as const) {
    const services = ending(state, serving);
    t.is(badOf('SERVICE_DOWN', { services }).evidence, `livekit: ${state}; ${failures}`);
    t.is(find('SERVICE_FLAPPING', { services }).state, 'good');
  }
  for (const services of [ending('running', true), ending('held', null, true)]) {
    t.is(find('SERVICE_DOWN', { services }).state, 'good');
    t.is(badOf('SERVICE_FLAPPING', { services }).evidence, `livekit: ${failures}`);
  }
});

test('a held service is not down; it is held, and the way back is named', (t) => {
  const services = known([service('livekit', 'held', false, true), service('coturn', 'running', true)]);
  t.deepEqual(find('SERVICE_DOWN', { services }), { state: 'good', evidence: 'serving: coturn' });
  const held = badOf('SERVICE_HELD', { services });
  t.is(held.severity, 'degraded');
  t.regex(held.next, /sudo agentctl release livekit/);
});

test('a hold on a service that serves is only a note', (t) => {
  const services = known([service('livekit', 'running', true, true)]);
  t.is(badOf('SERVICE_HELD', { services }).severity, 'info');
});

test('without the agent nobody claims that nothing is held', (t) => {
  const services = known([service('livekit', 'running', null, null)]);
  t.is(find('SERVICE_HELD', { services }).state, 'unknown');
});

const perimeter: PerimeterStatus = {
  mode: 'enforce',
  management: '22/tcp from 192.0.2.0/24',
  inForce: 'trial',
  trialEndsAt: '2026-11-22T13:05:00.000Z',
  rolledBack: null,
  closes: ['80/tcp', '81/tcp', '82/tcp', '83/tcp', '84/tcp', '85/tcp'].map((port) => ({
    port,
    program: 'p',
  })),
  sessions: [
    { from: '192.0.2.9', port: 22, mayComeAgain: true },
    { from: '198.51.100.9', port: 22, mayComeAgain: false },
  ],
};
const withPerimeter = (changes: Partial<PerimeterStatus>) => ({
  perimeter: known({ ...perimeter, ...changes }),
});

test('on trial it is told until when, what is closed and who could not come in again, and how to confirm', (t) => {
  const { severity, evidence, next } = badOf('PERIMETER_ON_TRIAL', withPerimeter({}));
  t.is(severity, 'info');
  t.regex(evidence, /^until 2026-11-22T13:05:00\.000Z, then it is gone unless it is confirmed/);
  t.regex(evidence, /80\/tcp of p, .*84\/tcp of p, and 1 more; who is logged in from 198\.51\.100\.9 /);
  t.notRegex(evidence, /192\.0\.2\.9/);
  t.regex(next, /Open a new SSH connection.*`sudo agentctl firewall confirm`/);
});

test('rolled back it is told why, what is in force now, and how to try it again; confirmed, nothing is wrong', (t) => {
  const rolledBack = { at: '2026-11-22T13:05:00.000Z', why: 'it was not confirmed within 300 s' };
  const off = { inForce: 'nothing', trialEndsAt: null, rolledBack } as const;
  const { severity, evidence, next } = badOf('PERIMETER_ROLLED_BACK', withPerimeter(off));
  t.is(severity, 'degraded');
  t.regex(evidence, /^it was not confirmed within 300 s \(at 2026.*; now nothing is closed$/);
  t.regex(next, /`sudo agentctl firewall try`/);
  const before = badOf('PERIMETER_ROLLED_BACK', withPerimeter({ ...off, inForce: 'confirmed' }));
  t.regex(before.evidence, /confirmed before is in force$/);
  const confirmed = withPerimeter({ inForce: 'confirmed', trialEndsAt: null });
  for (const what of ['ON_TRIAL', 'ROLLED_BACK', 'NOT_IN_FORCE', 'OBSERVED']) {
    const code = `PERIMETER_${what}`;
    t.is(find(code, confirmed).state, 'good');
  }
});

test('asked for and neither tried nor in force it is degraded', (t) => {
  const { severity, evidence } = badOf(
    'PERIMETER_NOT_IN_FORCE',
    withPerimeter({ inForce: 'nothing', trialEndsAt: null }),
  );
  t.is(severity, 'degraded');
  t.regex(evidence, /^firewall\.mode is enforce, and the rules have no perimeter$/);
  t.is(find('PERIMETER_NOT_IN_FORCE', withPerimeter({})).state, 'good');
});

test('observed it is told what enforce would close, without being a fault', (t) => {
  const { severity, evidence } = badOf(
    'PERIMETER_OBSERVED',
    withPerimeter({ mode: 'observe', inForce: 'nothing', trialEndsAt: null }),
  );
  t.is(severity, 'info');
  t.regex(evidence, /^enforce would leave open 22\/tcp from 192\.0\.2\.0\/24; it closes 80\/tcp of p/);
});
