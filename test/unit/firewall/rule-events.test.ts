import test from 'ava';
import { concernsUs } from '../../../agent/firewall/rule-events.ts';

// As nft 1.0.6 printed them; long expressions are shortened.
for (const [what, line] of [
  ['our table was deleted', '{"delete": {"table": {"family": "inet", "name": "appliance", "handle": 1}}}'],
  [
    'a rule of ours was replaced',
    '{"add": {"rule": {"family": "inet", "table": "appliance", "chain": "c", "handle": 3, "expr": [{"drop": null}]}}}',
  ],
  [
    'an element was deleted',
    '{"delete": {"element": {"family": "inet", "table": "appliance", "name": "m", "elem": {"set": [[{"concat": ["tcp", 80]}, "1.2.3.4"]]}}}}',
  ],
  [
    'a policy of ours was changed',
    '{"add": {"chain": {"family": "inet", "table": "appliance", "name": "c", "handle": 1, "type": "filter", "hook": "input", "prio": 0, "policy": "drop"}}}',
  ],
  [
    'a rule of DOCKER-USER was deleted',
    '{"delete": {"rule": {"family": "ip", "table": "filter", "chain": "DOCKER-USER", "handle": 2, "expr": []}}}',
  ],
  [
    'the policy of FORWARD was changed',
    '{"add": {"chain": {"family": "ip", "table": "filter", "name": "FORWARD", "handle": 4, "policy": "drop"}}}',
  ],
  ['the filter table went', '{"delete": {"table": {"family": "ip", "name": "filter", "handle": 2}}}'],
  ['nft lost events', '# ERROR: We lost some netlink events!'],
  ['a line is no event', '{"delete": 7}'],
] as const) {
  test(`it is looked at when ${what}`, (t) => t.true(concernsUs(line)));
}

for (const [what, line] of [
  [
    'a foreign table with a chain of the same name',
    '{"add": {"rule": {"family": "inet", "table": "theirs", "chain": "FORWARD", "handle": 2, "expr": []}}}',
  ],
  [
    'a foreign table of our name in another family',
    '{"add": {"table": {"family": "ip", "name": "appliance"}}}',
  ],
  [
    'a port that Docker publishes',
    '{"add": {"rule": {"family": "ip", "table": "filter", "chain": "DOCKER", "handle": 2, "expr": []}}}',
  ],
  [
    'an address that fail2ban bans',
    '{"add": {"element": {"family": "inet", "table": "f2b-table", "name": "addr-set-sshd", "elem": {"set": ["192.0.2.7"]}}}}',
  ],
] as const) {
  test(`${what} is of no concern`, (t) => t.false(concernsUs(line)));
}
