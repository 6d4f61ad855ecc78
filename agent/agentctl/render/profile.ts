import type { FirmwareStatus } from '../../hardware/firmware.ts';
import type { FirmwareFacts } from '../../hardware/firmware-facts.ts';
import type { Fwupd } from '../../hardware/fwupd.ts';
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
  {
    selection: { chosen, results },
    machine,
    facts,
    firmware,
    fwupd,
  }: {
    readonly selection: Selection;
    readonly machine: MachineFacts;
    readonly facts: FirmwareFacts;
    readonly firmware: readonly FirmwareStatus[];
    readonly fwupd: Fwupd;
  },
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
    '',
    'Firmware:',
    ...firmwareLines(facts, fwupd).flatMap((line) => labelled('  ', line, columns)),
    ...firmware.flatMap((piece) => expectationLines(piece, columns)),
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

function firmwareLines({ bios, bootloader, microcode, nics }: FirmwareFacts, fwupd: Fwupd): string[] {
  const seen = [
    ['BIOS', bios],
    ['boot loader', bootloader],
    ['microcode', microcode],
    ...[...nics].map(([name, version]) => [`firmware of ${name}`, version] as const),
  ] as const;
  return [
    ...seen.map(([name, version]) =>
      'version' in version ? `${name}: ${version.version}` : `${name}: not known, ${version.why}`,
    ),
    ...('why' in fwupd
      ? [`fwupd: ${fwupd.why}`]
      : fwupd.devices.map(
          ({ name, version, updatable }) =>
            `fwupd: ${name} ${version}${updatable ? ', which it can update' : ''}`,
        )),
  ];
}

/** What the profile expects, where it is not so. */
function expectationLines({ name, state, detail, next }: FirmwareStatus, columns: number): string[] {
  if (state === 'ok') return [];
  return [
    ...labelled('  - ', `${name}: ${state.replace('-', ' ')}, ${detail}`, columns),
    ...(next === '' ? [] : labelled('    Next: ', next, columns)),
  ];
}

const text = (lines: readonly string[]) => `${lines.join('\n')}\n`;
