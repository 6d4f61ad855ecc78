import test from 'ava';
import { forwardPathState as stateOf } from '../../../agent/conditions/gather/forward-path-state.ts';

const forwardPathState = (rules: string) => stateOf({ family: 'ip', rules });

/** `iptables -S` (1.8.9, nf_tables) with the rules of Docker 20.10 for docker0 and our bridge; `user` is DOCKER-USER. */
const docker = (user: string, before = '', policy = 'DROP') => `-P INPUT ACCEPT
-P FORWARD ${policy}
-P OUTPUT ACCEPT
-N DOCKER
-N DOCKER-ISOLATION-STAGE-1
-N DOCKER-ISOLATION-STAGE-2
-N DOCKER-USER
${before}-A FORWARD -j DOCKER-USER
-A FORWARD -j DOCKER-ISOLATION-STAGE-1
-A FORWARD -o br-appliance -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o br-appliance -j DOCKER
-A FORWARD -i br-appliance ! -o br-appliance -j ACCEPT
-A FORWARD -i br-appliance -o br-appliance -j ACCEPT
-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o docker0 -j DOCKER
-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
-A FORWARD -i docker0 -o docker0 -j ACCEPT
-A DOCKER-ISOLATION-STAGE-1 -i br-appliance ! -o br-appliance -j DOCKER-ISOLATION-STAGE-2
-A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
-A DOCKER-ISOLATION-STAGE-1 -j RETURN
-A DOCKER-ISOLATION-STAGE-2 -o br-appliance -j DROP
-A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP
-A DOCKER-ISOLATION-STAGE-2 -j RETURN
${user}-A DOCKER-USER -j RETURN
`;
const OURS =
  '-A DOCKER-USER -m mark --mark 0x200000/0x200000 -m comment --comment appliance-agent -j ACCEPT\n';
const BARE = '-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n';

test('without Docker, FORWARD accepts by its policy', (t) => {
  t.deepEqual(forwardPathState(BARE), { open: true, detail: 'accepted by policy of FORWARD: ACCEPT' });
});

test('our rule in DOCKER-USER opens the path through Docker’s FORWARD DROP', (t) => {
  const { open, detail } = forwardPathState(docker(OURS));
  t.true(open);
  t.is(detail, `accepted by \`${OURS.trim()}\``);
});

test('without our rule Docker’s policy drops', (t) => {
  t.deepEqual(forwardPathState(docker('')), {
    open: false,
    detail: 'dropped by policy of FORWARD: DROP; DOCKER-USER has no rule that accepts our mark',
  });
});

test('a rule for another mark is not ours', (t) => {
  for (const match of ['-m mark --mark 0x100000/0x100000', '-m mark ! --mark 0x200000/0x200000']) {
    t.false(forwardPathState(docker(`-A DOCKER-USER ${match} -j ACCEPT\n`)).open, match);
  }
});

test('whom a rule for the mark of the connection accepts cannot be told: what drops the others is named', (t) => {
  const rule = '-A DOCKER-USER -m connmark --mark 0x200000/0x200000 -j ACCEPT\n';
  t.deepEqual(forwardPathState(docker(rule)), {
    open: true,
    detail:
      'accepted by rules about some of the packets; some packets are dropped before: policy of FORWARD: DROP',
  });
});

test('our rule in a chain that FORWARD does not jump to opens nothing', (t) => {
  const text = docker(OURS).replace('-A FORWARD -j DOCKER-USER\n', '');
  t.deepEqual(forwardPathState(text), {
    open: false,
    detail:
      'dropped by policy of FORWARD: DROP; the rule in DOCKER-USER that accepts our mark is not reached',
  });
});

test('a rule before ours that drops everything closes the path, wherever it stands', (t) => {
  const inUser = forwardPathState(docker(`-A DOCKER-USER -o br-appliance -j DROP\n${OURS}`));
  t.false(inUser.open);
  t.regex(inUser.detail, /^dropped by `-A DOCKER-USER -o br-appliance -j DROP`;/);
  t.false(forwardPathState(docker(OURS, '-A FORWARD -j REJECT --reject-with icmp-port-unreachable\n')).open);
});

test('a RETURN before ours means that ours is not reached', (t) => {
  t.false(forwardPathState(docker(`-A DOCKER-USER -j RETURN\n${OURS}`)).open);
});

test('a rule before ours that drops some senders leaves the path open, and is named', (t) => {
  const block = '-A DOCKER-USER -s 203.0.113.0/24 -m comment --comment "our block list" -j DROP';
  const { open, detail } = forwardPathState(docker(`${block}\n${OURS}`));
  t.true(open);
  t.true(detail.endsWith(`some packets are dropped before: ${block}`), detail);
});

test('rules for other bridges, other interfaces and other states are passed over', (t) => {
  const others = [
    '-A FORWARD -o docker0 -j DROP',
    '-A FORWARD ! -o br-appliance -j DROP',
    '-A FORWARD -i br-appliance -j DROP',
    '-A FORWARD -m conntrack --ctstate INVALID -j DROP',
    '-A FORWARD -o veth+ -j DROP',
    '-A FORWARD -i eth+ -m limit --limit 5/min -j LOG --log-prefix "a b"',
    '-A FORWARD -p tcp',
  ].join('\n');
  t.true(forwardPathState(docker(OURS, `${others}\n`)).open);
});

test('a wildcard that covers our bridge drops', (t) => {
  t.false(forwardPathState(docker(OURS, '-A FORWARD -o br-+ -j DROP\n')).open);
});

test('with policy ACCEPT, a drop of Docker 28 for ports that it did not publish still closes the path', (t) => {
  const rule = '-A DOCKER ! -i br-appliance -o br-appliance -j DROP';
  // The interface that a packet from outside comes in by is never our bridge.
  const { open, detail } = forwardPathState(
    docker('', '', 'ACCEPT').replace('-A FORWARD -i br-appliance !', `${rule}\n-A FORWARD -i br-appliance !`),
  );
  t.false(open);
  t.true(detail.includes(rule), detail);
});

test('what a goto leads to ends the chain that it came from', (t) => {
  const text = docker(`-A DOCKER-USER -g ELSEWHERE\n${OURS}`).replace(
    '-N DOCKER-USER',
    '-N DOCKER-USER\n-N ELSEWHERE',
  );
  t.false(forwardPathState(text).open);
});
