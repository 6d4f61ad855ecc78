import { stringify } from 'yaml';
import { detectMachine } from '../../hardware/detect.ts';
import { judgeFirmware } from '../../hardware/firmware.ts';
import { readFirmware } from '../../hardware/firmware-facts.ts';
import { readFwupd } from '../../hardware/fwupd.ts';
import { loadProfiles } from '../../hardware/load-profiles.ts';
import type { MachineFacts } from '../../hardware/machine.ts';
import { type Selection, selectProfile } from '../../hardware/match.ts';
import { readProcessor } from '../../hardware/processor.ts';
import type { Profile, ResolvedProfiles } from '../../hardware/profiles.ts';
import { budgetsAsWritten } from '../../probes/budgets.ts';
import { AgentError } from '../../system/errors.ts';
import { run } from '../../system/processes.ts';
import { releaseFolder } from '../../system/release-folder.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { renderProfileList, renderProfileMatch } from '../render/profile.ts';

/** Exit status of each of these: 1 when a profile is refused, as that may be the one that was meant. */
const exitOf = ({ refused }: ResolvedProfiles) => (refused.length === 0 ? EXIT.ok : EXIT.degraded);

export async function list(context: Context): Promise<number> {
  const { resolved, selection } = await look(context);
  const chosen = selection.chosen?.profile.name ?? null;
  context.terminal.write(renderProfileList(resolved.profiles, chosen, context.terminal));
  return tellRefused(context, resolved);
}

export async function show(context: Context, name?: string): Promise<number> {
  const { resolved, selection } = await look(context);
  const profile =
    name === undefined
      ? selection.chosen?.profile
      : resolved.profiles.find((candidate) => candidate.name === name);
  if (profile === undefined) {
    throw new AgentError({
      code: 'USAGE',
      message: name === undefined ? 'No profile is for this machine' : `There is no profile ${name}`,
      hint: `The profiles are: ${resolved.profiles.map((known) => known.name).join(', ')}.`,
    });
  }
  context.terminal.write(asYaml(profile));
  return tellRefused(context, resolved);
}

export async function match(context: Context, options: { json?: true }): Promise<number> {
  const { resolved, selection, machine } = await look(context);
  const { terminal } = context;
  const expected = selection.chosen?.profile.firmware ?? {};
  const packages = (expected.packages ?? []).map(({ name }) => name);
  const [facts, fwupd] = await Promise.all([
    readFirmware({ run, root: '', nics: machine.nics, packages }),
    readFwupd(run),
  ]);
  const firmware = judgeFirmware(expected, facts, machine.nics);
  if (options.json) {
    const content = { ...asJson(selection, resolved, machine), firmware, fwupd };
    terminal.write(`${JSON.stringify(content, null, 2)}\n`);
  } else {
    terminal.write(renderProfileMatch({ selection, machine, facts, firmware, fwupd }, terminal));
  }
  return options.json ? exitOf(resolved) : tellRefused(context, resolved);
}

async function look({ paths }: Context) {
  const [resolved, machine] = await Promise.all([
    loadProfiles({ shipped: releaseFolder('firmware-profiles'), overrides: paths.profileOverrides }),
    detectMachine({ root: '', processor: readProcessor }),
  ]);
  return { resolved, machine, selection: selectProfile(resolved.profiles, machine) };
}

function tellRefused({ terminal }: Context, resolved: ResolvedProfiles): number {
  for (const why of resolved.refused) terminal.writeError(`agentctl: ${why}\n`);
  return exitOf(resolved);
}

/** As a file could hold it, were everything in it that it inherits. */
function asYaml({ origin, ancestors, probes, ...profile }: Profile): string {
  const inherits = ancestors.length === 0 ? '' : `, with what it inherits from ${ancestors.join(', ')}`;
  const from = origin === 'shipped' ? 'Of this release' : 'Of /etc/appliance-agent/profiles.d';
  return `# ${from}${inherits}.\n${stringify({ ...profile, probes: budgetsAsWritten(probes) })}`;
}

const asJson = ({ chosen, results }: Selection, { refused }: ResolvedProfiles, machine: MachineFacts) => ({
  profile: chosen?.profile.name ?? null,
  score: chosen?.score ?? null,
  evidence: chosen?.evidence ?? [],
  others: results
    .filter(({ profile }) => profile !== chosen?.profile)
    .map(({ profile, score, evidence }) => ({ profile: profile.name, score, evidence })),
  refused,
  machine,
});
