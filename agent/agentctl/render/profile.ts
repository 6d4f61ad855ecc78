import type { MachineFacts } from '../../hardware/machine.ts';
import type { Selection } from '../../hardware/match.ts';
import type { Profile } from '../../hardware/profiles.ts';
import type { Screen } from '../terminal.ts';
import { labelled, table } from './text.ts';

/** The screen of `agentctl profile list`. */
export function renderProfileList(
  profiles: readonly Profile[],
  chosen: string | null,
  { columns, paint }: Screen,
): string {
  const rows = profiles
    .toSorted((a, b) => a.name.localeCompare(b.name))
    .map(({ name, origin, description }) => [
      name === chosen ? paint('bold', name) : name,
      origin,
      name === chosen ? `${description}; this machine has it` : description,
    ]);
  const titles = ['PROFILE', 'FROM', 'FOR'].map((title) => ({ title }));
  return text(table(titles, rows, columns));
}

/** The screen of `agentctl profile match`. */
export function renderProfileMatch(
  { chosen, results }: Selection,
  machine: MachineFacts,
  { columns, paint }: Screen,
): string {
  const head =
    chosen === null
      ? [paint('bold', 'No profile is for this machine.')]
      : [
          `${paint('bold', chosen.profile.name)}  ${chosen.profile.description} (score ${chosen.score})`,
          ...chosen.evidence.flatMap((evidence) => labelled('  - ', evidence, columns)),
        ];
  const others = results
    .filter(({ profile }) => profile !== chosen?.profile)
    .map(({ profile, score, evidence }) => [
      profile.name,
      score === null ? '-' : String(score),
      evidence.join(', '),
    ]);
  const titles = ['OTHER PROFILE', 'SCORE', 'WHY'].map((title) => ({ title }));
  return text([
    ...head,
    '',
    'Seen of this machine:',
    ...machineLines(machine).flatMap((line) => labelled('  ', line, columns)),
    ...(others.length === 0 ? [] : ['', ...table(titles, others, columns)]),
  ]);
}

function machineLines({ dmi, deviceTree, cpu, cores, virtual, nics }: MachineFacts): string[] {
  const dmiTexts = [dmi.sysVendor, dmi.productName, dmi.boardName].filter((part) => part !== null);
  const treeTexts = [deviceTree.model, deviceTree.board, deviceTree.soc].filter((part) => part !== null);
  return [
    `DMI: ${dmiTexts.join(', ') || 'none'}`,
    `devicetree: ${treeTexts.join(', ') || 'none'}`,
    `processor: ${cpu === null ? 'not known' : `${cpu.vendor}, ${cpu.model}`}, ${cores} logical${virtual ? ', of a virtual machine' : ''}`,
    ...nics.map(
      ({ name, pci, driver, rxQueues }) =>
        `network interface ${name}: ${[pci, driver].filter((part) => part !== null).join(', ') || 'unnamed device'}, ${rxQueues.length} receive ${rxQueues.length === 1 ? 'queue' : 'queues'}`,
    ),
  ];
}

const text = (lines: readonly string[]) => `${lines.join('\n')}\n`;
