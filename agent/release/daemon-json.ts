import { FORWARD_MARK } from '../firewall/mark.ts';
import { AgentError } from '../system/errors.ts';

const MARK = `0x${FORWARD_MARK.toString(16)}`;
const NAME = 'bridge-accept-fwmark';
const VALUE = `${MARK}/${MARK}`;

/** The line that lets marked flows through the rules of Docker 29's nftables back end (dockerd(8)). */
export const MARK_SETTING = `"${NAME}": "${VALUE}"`;

/**
 * dockerd's configuration with the setting, on a line of its own; null when it is there already. All else stays as it is
 * written. `text` is null when there is no such file. Errors: DAEMON_JSON_INVALID with the line, DAEMON_JSON_TAKEN when the
 * setting is there with another mark; both leave it to a person. Nothing of the content is repeated: it may hold passwords.
 */
export function withMarkSetting(text: string | null, path: string): string | null {
  const before = text?.trim() ? text : '{}';
  const settings = parseSettings(before, path);
  if (settings[NAME] === VALUE) return null;
  if (NAME in settings) {
    throw new AgentError({
      code: 'DAEMON_JSON_TAKEN',
      message: `${path} has "${NAME}" with another mark, for another program`,
      hint: `Docker takes one mark: whoever set it must agree on a bit, or use ${VALUE} too`,
    });
  }
  const open = before.indexOf('{') + 1;
  // Our line ends where the brace's did.
  const rest = before.slice(open).replace(/^[ \t]*\r?\n/, '\n');
  if (Object.keys(settings).length === 0) return `{\n  ${MARK_SETTING}\n}\n`;
  const ownLine = `\n  ${MARK_SETTING},`;
  return before.slice(0, open) + ownLine + (rest.startsWith('\n') ? rest : `\n ${rest}`);
}

function parseSettings(text: string, path: string): Readonly<Record<string, unknown>> {
  const invalid = (what: string) =>
    new AgentError({
      code: 'DAEMON_JSON_INVALID',
      message: `${path}${what}`,
      hint: `Docker does not start with it either: correct it, check with \`dockerd --validate --config-file=${path}\``,
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid(`:${lineOfFault(text)} is not valid JSON`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(' is not a JSON object');
  return { ...value };
}

/** The line of the first fault; the last one of a text that was cut off. V8 tells the place of most faults, not of all. */
function lineOfFault(text: string): number {
  const lines = text.split('\n');
  for (const number of lines.keys()) {
    const beginning = lines.slice(0, number + 1).join('\n');
    const words = faultOf(beginning);
    const position = Number(/at position (\d+)/.exec(words)?.[1] ?? Number.NaN);
    // A fault at the end may be mended by what follows.
    if (words === '' || position >= beginning.length || /Unexpected end|Unterminated string/.test(words))
      continue;
    return Number.isNaN(position) ? number + 1 : text.slice(0, position).split('\n').length;
  }
  return lines.length;
}

function faultOf(json: string): string {
  try {
    JSON.parse(json);
    return '';
  } catch (error) {
    return String(error);
  }
}
