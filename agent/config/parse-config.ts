import { describeValue } from './checked.ts';
import { healingSettings } from './healing.ts';
import { type ConfigProblem, formatPath } from './problems.ts';
import { type ApplianceConfig, applianceSchema } from './schema.ts';
import { CONFIGURABLE_SERVICES, serviceSettings } from './services.ts';
import { nearest } from './suggest.ts';
import { readYaml, type YamlValues } from './yaml-document.ts';

export type ParsedConfig =
  | {
      readonly ok: true;
      readonly file: string;
      readonly config: ApplianceConfig;
      /** Settings with a default that the file does not give, e.g. `turn.realm`. */
      readonly defaults: readonly string[];
    }
  | { readonly ok: false; readonly file: string; readonly problems: readonly ConfigProblem[] };

/** A page of settings is 2 KiB: whatever is larger than this is some other file. */
const LARGEST_FILE = 64 * 1024;

/** Those that the stack element-call cannot do without; there is no telling what they should be. */
const REQUIRED = ['domains.rtc', 'domains.matrix', 'domains.serverName', 'certificates', 'vpn.ranges'];
/** What the hardware profile says where the file does not. */
const BY_PROFILE = ['silenceLimit', 'startLimit'];
const OPTIONAL = [
  'stack',
  'role',
  'primary',
  'mediaNodes',
  'domains.turn',
  'network.addresses',
  'network.subnet',
  'network.subnet6',
  'network.publicAddresses',
  'turn.realm',
  'turn.relayPorts',
  'capacity.participants',
  ...Object.keys(healingSettings)
    .filter((name) => !BY_PROFILE.includes(name))
    .map((name) => `healing.${name}`),
  'firewall.mode',
  'firewall.management.networks',
  'firewall.management.ports',
  'firewall.trial',
  'site.hostname',
  'site.mdns',
];
const SETTINGS = [
  'stack',
  ...REQUIRED,
  ...OPTIONAL.slice(1),
  ...BY_PROFILE.map((name) => `healing.${name}`),
  ...CONFIGURABLE_SERVICES.flatMap((service) =>
    Object.keys(serviceSettings).map((name) => `services.${service}.${name}`),
  ),
];

/** Reads the text of `appliance.yaml`. Never throws: whatever is wrong is a problem, in the order of the lines. */
export function parseConfig(text: string, file: string): ParsedConfig {
  if (text.length > LARGEST_FILE) return { ok: false, file, problems: [tooLarge(text.length)] };
  const read = readYaml(text);
  if (!read.ok) return { ok: false, file, problems: read.problems };
  const { yaml } = read;
  const result = applianceSchema.safeParse(yaml.values);
  if (result.success) {
    const defaults = OPTIONAL.filter((setting) => !yaml.has(setting.split('.')));
    return { ok: true, file, config: result.data, defaults };
  }
  const problems = result.error.issues.flatMap((issue) => problemsOf(issue, yaml));
  problems.sort((a, b) => a.line - b.line || a.column - b.column);
  return { ok: false, file, problems };
}

type Issue = NonNullable<ReturnType<typeof applianceSchema.safeParse>['error']>['issues'][number];

function problemsOf(issue: Issue, yaml: YamlValues): ConfigProblem[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => unknownKey([...issue.path, key], yaml));
  const place = { path: formatPath(issue.path), ...yaml.positionOf(issue.path) };
  if (issue.code === 'custom')
    return [{ ...place, message: issue.message, expected: String(issue.params?.expected) }];
  const example = knownKeys(issue.path)[0] ?? 'stack';
  const given = describeValue(valueAt(yaml.values, issue.path));
  return [
    {
      ...place,
      message: `${given} where settings belong`,
      expected: `write "${example}: value", with a space after the colon`,
    },
  ];
}

function unknownKey(path: readonly PropertyKey[], yaml: YamlValues): ConfigProblem {
  const section = path.slice(0, -1);
  const key = String(path.at(-1));
  const known = knownKeys(section);
  const near = nearest(key, known);
  const elsewhere = SETTINGS.find((setting) => setting.split('.').at(-1) === key);
  const meant = near === null ? elsewhere : formatPath([...section, near]);
  const expected =
    meant === undefined ? `the settings here are ${known.join(', ')}` : `did you mean ${meant}?`;
  return {
    path: formatPath(path),
    ...yaml.positionOfKey(path),
    message: 'there is no such setting',
    expected,
  };
}

/** The keys of a section; none below a setting. */
function knownKeys(section: readonly PropertyKey[]): string[] {
  const prefix = section.length === 0 ? '' : `${formatPath(section)}.`;
  const below = SETTINGS.filter((setting) => setting.startsWith(prefix));
  return [...new Set(below.map((setting) => setting.slice(prefix.length).split('.')[0] ?? ''))];
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key)
        ? Reflect.get(inner, key)
        : undefined,
    value,
  );
}

function tooLarge(length: number): ConfigProblem {
  return {
    path: '',
    line: 1,
    column: 1,
    message: `the file has ${length} characters`,
    expected: `check that it is the right file: at most ${LARGEST_FILE} are read`,
  };
}
