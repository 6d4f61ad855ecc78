/**
 * Names this machine and has it announced to its network: appliance-agent-site.service, at each boot before the network,
 * and when the configuration changes. The agent's own unit may do neither (ProtectHostname). A failure is told, and
 * stops nothing: the stack serves without a name.
 */
import { readSite } from '../../config/site.ts';
import { describeError } from '../../system/errors.ts';
import { readFileIfPresent } from '../../system/files.ts';
import { appliancePaths } from '../../system/paths.ts';
import { run } from '../../system/processes.ts';
import { writeSiteRecord } from './record.ts';
import { findResponder } from './responder.ts';
import { announceMachine, nameMachine } from './steps.ts';

const paths = appliancePaths(process.env.APPLIANCE_AGENT_ROOT ?? '');
const ports = { run, root: paths.root };
const say = (text: string) => process.stdout.write(`${text}\n`);

const site = readSite((await readFileIfPresent(paths.config)) ?? '');
if (site === null) say(`${paths.config} cannot be read: name and announcement stay as they are`);
else {
  try {
    const name = await nameMachine(site, ports);
    say(name === null ? 'the name is kept' : `named ${name}`);
  } catch (error) {
    say(`not named: ${describeError(error)}`);
    process.exitCode = 1;
  }
  const found = site.mdns ? await findResponder(run, paths.root) : { why: 'site.mdns is false' };
  const announcedBy = 'responder' in found ? found.responder : null;
  const why = 'responder' in found ? '' : found.why;
  for (const path of await announceMachine(announcedBy, ports)) say(`changed ${path}`);
  say(announcedBy === null ? `not announced: ${why}` : `announced by ${announcedBy}`);
  await writeSiteRecord(paths.siteRecord, { announcedBy, why });
}
