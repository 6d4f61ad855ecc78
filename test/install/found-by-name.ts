import type { ExecutionContext } from 'ava';
import type { Clone } from './image.ts';

const MINUTE = 60_000;
const CONFIGURATION = '/etc/appliance-agent/appliance.yaml';

/** By mDNS alone, with its DNS-SD record; and no more when the configuration says so. */
export async function findsByName(t: ExecutionContext, seeker: Clone, sought: Clone): Promise<void> {
  const name = (await sought.sh('hostname')).stdout.trim();
  t.regex(name, /^appliance-[0-9a-f]{6}$/);
  t.regex((await sought.sh('cat /etc/issue.d/appliance-agent.issue')).stdout, /^Reach it at: \\n\.local /m);
  await seeker.plugInto();
  const until = (command: string) =>
    `for i in $(seq 40); do ${command} && exit 0; sleep 0.5; done; resolvectl status eth0; exit 1`;
  const asks = `timeout 5 resolvectl query --cache=no --protocol=mdns ${name}.local`;
  const found = await seeker.sh(until(`${asks} 2>/dev/null`), MINUTE);
  t.true(found.stdout.includes(sought.address), found.stdout);
  const records = await seeker.sh(
    until(`timeout 5 resolvectl service ${name} _appliance._tcp local`),
    MINUTE,
  );
  t.regex(records.stdout, new RegExp(`${name}\\.local:22 `), records.stderr);

  await sought.sh(`cp ${CONFIGURATION} /root/before && echo 'site: {mdns: false}' >>${CONFIGURATION}`);
  t.is(
    (await seeker.sh(until(`! ${asks} >/dev/null 2>&1`), MINUTE)).exitCode,
    0,
    'it is not announced any more',
  );
  await sought.sh(`cp /root/before ${CONFIGURATION}`);
}
