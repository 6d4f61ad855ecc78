import test from 'ava';
import { plan } from '../../../agent/reconcile/plan.ts';
import type { Step } from '../../../agent/reconcile/steps.ts';
import type { History, Observed } from '../../../agent/reconcile/types.ts';
import { AgentError } from '../../../agent/system/errors.ts';
import { at, config, desire, healthy, history, images, listingOf } from './world.ts';

const planned = (observed: Observed, past: History = history, now = at(1_000)) =>
  plan(observed, desire(observed, past), past, now);
const kinds = (observed: Observed, past?: History, now = at(1_000)) =>
  planned(observed, past, now).steps.map(({ kind }) => kind);
const only = <Kind extends Step['kind']>(steps: readonly Step[], kind: Kind) => {
  const found = steps.filter((step): step is Extract<Step, { kind: Kind }> => step.kind === kind);
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} steps of kind ${kind}`);
  return found[0];
};

test('a healthy machine needs nothing', async (t) => {
  t.deepEqual(planned(await healthy()), { steps: [], dueInMs: null });
});

test('without a configuration nothing is done', async (t) => {
  t.deepEqual(plan(await healthy(), null, history, at(0)), { steps: [], dueInMs: null });
});

test('a fresh machine gets secrets, rules and images before any container', async (t) => {
  const machine = await healthy({ livekit: 'absent', coturn: 'absent' });
  const fresh: Observed = {
    ...machine,
    secrets: { ok: true, value: null },
    table: { ok: true, value: null },
    filesOnDisk: new Map(),
    engine: {
      ok: true,
      value: { containers: [], networks: [], missingImages: images.map((i) => i.reference), startedAtMs: 0 },
    },
  };
  t.deepEqual(kinds(fresh), ['make-secrets', 'apply-table', 'clean-conntrack', 'load-image', 'load-image']);
});

test('once secrets and images are there, files are written, and then the stack is brought up as one', async (t) => {
  const machine = await healthy({ livekit: 'absent', coturn: 'absent' });
  t.deepEqual(kinds({ ...machine, filesOnDisk: new Map() }), ['write-files']);
  t.deepEqual(only(planned(machine).steps, 'compose-up').services, ['livekit', 'coturn']);
});

test('the rules are kept though the engine is down, and no container is touched', async (t) => {
  const machine = await healthy();
  const down: Observed = {
    ...machine,
    engine: { ok: false, why: 'no socket' },
    table: { ok: true, value: null },
  };
  t.deepEqual(kinds(down), ['apply-table', 'clean-conntrack']);
});

test('while the engine does not answer, calls go on: its containers may well be serving', async (t) => {
  const machine = await healthy();
  t.deepEqual(kinds({ ...machine, engine: { ok: false, why: 'hung' } }), []);
  const { table } = desire(machine);
  const past: History = { ...history, applied: { spec: table, listing: await listingOf(table) } };
  const flushed: Observed = {
    ...machine,
    engine: { ok: false, why: 'hung' },
    table: { ok: true, value: null },
  };
  t.deepEqual(only(planned(flushed, past).steps, 'apply-table').table, table);
});

test('a table that somebody flushed is drift, and the reason says what is missing', async (t) => {
  const machine = await healthy();
  const { table } = desire(machine);
  const past: History = { ...history, applied: { spec: table, listing: await listingOf(table) } };
  const step = only(planned({ ...machine, table: { ok: true, value: null } }, past).steps, 'apply-table');
  t.is(step.occasion, 'drift');
  t.regex(step.why, /table inet appliance is missing/);
});

test('a backend that moved is a change of ours, not drift', async (t) => {
  const before = await healthy();
  const { table } = desire(before);
  const past: History = { ...history, applied: { spec: table, listing: await listingOf(table) } };
  const after = await healthy({ livekit: { ipv4: '172.30.5.9' } });
  const step = only(planned({ ...after, table: before.table }, past).steps, 'apply-table');
  t.is(step.occasion, 'change');
});

test('after the rules change, the connections that contradict them are looked for', async (t) => {
  const machine = await healthy();
  const steps = kinds({ ...machine, table: { ok: true, value: null } });
  t.deepEqual(steps, ['apply-table', 'clean-conntrack']);
});

test('connections are looked through every 5 min though nothing happened', async (t) => {
  const machine = await healthy();
  t.deepEqual(kinds(machine, history, at(299_000)), []);
  t.deepEqual(kinds(machine, history, at(300_000)), ['clean-conntrack']);
});

test('a dead backend is withdrawn from the maps at once', async (t) => {
  const machine = await healthy({ livekit: { state: 'exited', ipv4: null, exitCode: 1 } });
  const { table } = desire(machine);
  t.deepEqual(table.maps[0]?.elements, []);
  t.is(table.sets.find(({ name }) => name === 'published')?.elements.length, 2);
});

test('containers are touched only on a look in which nothing else is due', async (t) => {
  const machine = await healthy({ coturn: { state: 'exited', exitCode: 1 } });
  t.deepEqual(kinds({ ...machine, table: { ok: true, value: null } }), ['apply-table', 'clean-conntrack']);
  t.deepEqual(kinds(machine), ['start-container']);
});

test('a closed forward path is opened only when the engine, which owns the chain, is there', async (t) => {
  const machine = await healthy();
  const closedPath = {
    open: false,
    detail: 'policy DROP',
    rule: 'missing',
    program: '/usr/sbin/iptables-legacy',
    inUse: [],
    ipv6: null,
  } as const;
  const closed: Observed = { ...machine, forwardPath: { known: true, value: closedPath } };
  t.deepEqual(kinds(closed), ['open-forward-path']);
  t.like(planned(closed).steps[0], { program: '/usr/sbin/iptables-legacy' });
  const ipv6 = {
    open: false,
    detail: 'policy DROP',
    rule: 'missing',
    program: '/usr/sbin/ip6tables',
  } as const;
  const both = { known: true, value: { ...closedPath, ipv6 } } as const;
  t.deepEqual(
    planned({ ...closed, forwardPath: both }).steps.map((step) => 'program' in step && step.program),
    ['/usr/sbin/iptables-legacy', '/usr/sbin/ip6tables'],
  );
  t.deepEqual(kinds({ ...closed, engine: { ok: false, why: 'down' } }), []);
  const noChain = {
    known: true,
    value: {
      open: true,
      detail: 'policy ACCEPT',
      rule: 'no-chain',
      program: '/usr/sbin/iptables',
      inUse: [],
      ipv6: null,
    },
  } as const;
  t.deepEqual(kinds({ ...closed, forwardPath: noChain }), []);
  t.deepEqual(kinds({ ...closed, forwardPath: { known: false, why: 'needs root' } }), []);
});

test('what containers send is masqueraded by us only where Docker was told to write no rules', async (t) => {
  const machine = await healthy();
  const egress = (observed: Observed, past?: History) =>
    desire(observed, past)
      .table.chains.flatMap(({ rules }) => rules)
      .some(({ id }) => id === 'container-egress');
  const told = (backend: 'iptables' | 'nftables' | 'none', masquerade = true): Observed => ({
    ...machine,
    dockerRules: { known: true, value: { backend, masquerade, evidence: '' } },
  });
  t.deepEqual(
    [told('none'), told('iptables'), told('nftables'), told('none', false)].map((one) => egress(one)),
    [true, false, false, false],
  );
  // While nobody can be asked, it goes on as it is: by what this run applied, or by what is there.
  const silent: Observed = { ...machine, dockerRules: { known: false, why: 'no dockerd runs' } };
  t.false(egress(silent));
  const spec = desire(told('none')).table;
  const listing = await listingOf(spec);
  t.true(egress({ ...silent, table: { ok: true, value: listing } }));
  t.true(egress(silent, { ...history, applied: { spec, listing } }));
});

test('what is locked in is not started while the rules cannot be written; the others are', async (t) => {
  const machine = await healthy({ livekit: 'absent', coturn: 'absent' });
  const now = at(1_000);
  const wanted = desire(machine);
  const services = wanted.services.map((service) =>
    service.name === 'livekit' ? { ...service, egress: ['coturn'] } : service,
  );
  const started = (observed: Observed, past: History) =>
    plan(observed, { ...wanted, services }, past, now).steps.flatMap((step) =>
      step.kind === 'compose-up' ? step.services : [],
    );
  t.deepEqual(started(machine, history), ['livekit', 'coturn']);
  const failed: History = { ...history, attempts: new Map([['apply-table', [at(0), at(500)]]]) };
  t.deepEqual(started({ ...machine, table: { ok: true, value: null } }, failed), ['coturn']);
});

test('a step that failed is withheld until its turn, and the plan says when that is', async (t) => {
  const machine = { ...(await healthy()), table: { ok: true as const, value: null } };
  const past: History = { ...history, attempts: new Map([['apply-table', [at(0), at(500)]]]) };
  t.deepEqual(planned(machine, past, at(900)), { steps: [], dueInMs: 600 });
  t.true(kinds(machine, past, at(1_500)).includes('apply-table'));
});

test('an image that cannot be loaded does not keep another service from coming up', async (t) => {
  const machine = await healthy({ livekit: 'absent', coturn: 'absent' });
  if (!machine.engine.ok) return t.fail();
  const lacking: Observed = {
    ...machine,
    engine: { ok: true, value: { ...machine.engine.value, missingImages: ['appliance-agent/coturn:1'] } },
  };
  t.is(only(planned(lacking).steps, 'load-image').image.service, 'coturn');
  const past: History = {
    ...history,
    attempts: new Map([['load-image appliance-agent/coturn:1', [at(900)]]]),
  };
  t.deepEqual(only(planned(lacking, past).steps, 'compose-up').services, ['livekit']);
});

test('before this machine forwards IPv6, the interfaces by which it is reached keep their routes', async (t) => {
  const ipv6 = { forwarding: false, routedByAdvertisement: ['eth0', 'br-appliance', 'lo'] };
  const machine: Observed = { ...(await healthy()), ipv6 };
  const settings = (observed: Observed) =>
    planned(observed).steps.flatMap((step) =>
      step.kind === 'set-kernel' ? [`${step.setting}=${step.value}`] : [],
    );
  t.deepEqual(settings(machine), ['net/ipv6/conf/eth0/accept_ra=2', 'net/ipv6/conf/all/forwarding=1']);
  const network = { ...config.network, subnet6: 'none' };
  t.deepEqual(settings({ ...machine, config: { ...config, network } }), [], 'no IPv6 is wanted');
});

test('an engine that is up and does not forward IPv4 has it done for it', async (t) => {
  const machine: Observed = { ...(await healthy()), forwardsIpv4: false };
  const [step] = planned(machine).steps;
  t.like(step, { kind: 'set-kernel', setting: 'net/ipv4/ip_forward', value: '1' });
  t.deepEqual(kinds({ ...machine, engine: { ok: false, why: 'it starts' } }), []);
});

test('on a kernel without IPv6 the stack has IPv4 alone', async (t) => {
  const desired = desire({ ...(await healthy()), ipv6: null });
  t.is(desired.networks[0].subnet6, null);
  t.regex(desired.files.find(({ path }) => path === 'compose.yaml')?.content ?? '', /enable_ipv6: false/);
});

test('a secret that is refused stops nothing that runs', async (t) => {
  const machine = await healthy();
  t.deepEqual(kinds({ ...machine, secrets: { ok: false, why: 'mode 0644' } }), []);
});

test('what is refused changes nothing, and what runs is still healed', async (t) => {
  const error = new AgentError({ code: 'CERTIFICATE_REFUSED', message: 'it ended', hint: '' });
  const refused = (machine: Observed): Observed => ({
    ...machine,
    config: { ...config, network: { ...config.network, subnet: '10.9.0.0/24' } },
    certificates: { ok: false, error },
    table: machine.table,
  });
  const services = (machine: Observed) =>
    kinds(refused(machine)).filter((kind) => !['apply-table', 'clean-conntrack'].includes(kind));
  t.deepEqual(services(await healthy()), []);
  const dead = refused(await healthy({ livekit: { state: 'exited', exitCode: 1, pid: null } }));
  const settled = { ...dead, table: { ok: true as const, value: await listingOf(desire(dead).table) } };
  t.deepEqual(kinds(settled), ['start-container']);
  const gone = refused(await healthy({ livekit: 'absent' }));
  const known = { ...gone, table: { ok: true as const, value: await listingOf(desire(gone).table) } };
  t.deepEqual(kinds(known), ['compose-up']);
  t.deepEqual(kinds({ ...known, filesOnDisk: new Map() }), []);
});
