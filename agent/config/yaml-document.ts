import { isAlias, isMap, isNode, isScalar, isSeq } from 'yaml';
import { describeValue, shorten } from './checked.ts';
import { type ConfigProblem, formatPath } from './problems.ts';
import { type Position, parseSyntax, type Syntax, TOO_DEEP } from './yaml-syntax.ts';

type Path = readonly PropertyKey[];

/** A YAML document as plain values, with the place of each. */
export interface YamlValues {
  /** null when the file holds nothing but comments. */
  readonly values: unknown;
  /** True when the file has something at this path. */
  has(path: Path): boolean;
  /** Where the value at this path begins; where its key is when it has no value, or else what should hold it. */
  positionOf(path: Path): Position;
  /** Where the last key of this path is. */
  positionOfKey(path: Path): Position;
}

/** Deep enough for any configuration, and far from exhausting the stack. */
const DEEPEST = 16;

/**
 * Reads YAML 1.2: one document of plain maps, lists and scalars. Anchors, aliases and tags are refused: in a file of
 * one page they only hide what a setting is, and a position would point somewhere else than the mistake.
 */
export function readYaml(
  text: string,
): { ok: true; yaml: YamlValues } | { ok: false; problems: ConfigProblem[] } {
  const syntax = parseSyntax(text);
  if ('problem' in syntax) return { ok: false, problems: [syntax.problem] };
  const { keys, values, problems } = survey(syntax);
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    yaml: {
      values: syntax.document.toJS(),
      has: (path) => keys.has(formatPath(path)),
      positionOf: (path) => nearestPosition(path, values),
      positionOfKey: (path) => nearestPosition(path, keys),
    },
  };
}

/** Walks the document once: where every key and value is, and what it holds that plain settings do not. */
function survey({ document, locate }: Syntax) {
  const keys = new Map<string, Position>();
  const values = new Map<string, Position>();
  const problems: ConfigProblem[] = [];
  visitNode(document.contents, []);
  return { keys, values, problems };

  function visitNode(node: unknown, path: Path): void {
    if (!isNode(node)) return;
    if (path.length > DEEPEST) {
      problems.push({ path: formatPath(path), ...placeOf(node), ...TOO_DEEP });
      return;
    }
    const hasValue = !isScalar(node) || node.value !== null;
    if (hasValue) values.set(formatPath(path), placeOf(node));
    if (isAlias(node)) {
      refuse(node, path, `*${shorten(node.source)} is an alias`, 'write the value itself');
      return;
    }
    if (node.anchor !== undefined)
      refuse(node, path, `&${shorten(node.anchor)} is an anchor`, 'leave it out');
    if (node.tag !== undefined) refuse(node, path, `${readableTag(node.tag)} is a tag`, 'leave it out');
    if (isMap(node)) for (const pair of node.items) visitPair(pair, path);
    if (isSeq(node)) for (const [index, item] of node.items.entries()) visitItem(item, [...path, index]);
  }

  function visitItem(item: unknown, path: Path): void {
    keys.set(formatPath(path), placeOf(item));
    values.set(formatPath(path), placeOf(item));
    visitNode(item, path);
  }

  function visitPair(pair: { readonly key: unknown; readonly value: unknown }, parent: Path): void {
    const key = isScalar(pair.key) ? pair.key.value : pair.key;
    if (typeof key !== 'string') {
      const given = isScalar(pair.key) ? describeValue(key) : 'a list or section';
      refuse(pair.key, parent, `${given} is not the name of a setting`, 'names are text, e.g. network');
      return;
    }
    const path = [...parent, key];
    const earlier = keys.get(formatPath(path));
    if (earlier !== undefined) {
      refuse(pair.key, path, `this is already set in line ${earlier.line}`, 'keep one of the two');
      return;
    }
    keys.set(formatPath(path), placeOf(pair.key));
    values.set(formatPath(path), placeOf(pair.key));
    visitNode(pair.value, path);
  }

  function placeOf(node: unknown): Position {
    return locate(isNode(node) ? (node.range?.[0] ?? 0) : 0);
  }

  function refuse(node: unknown, path: Path, message: string, expected: string): void {
    problems.push({ path: formatPath(path), ...placeOf(node), message, expected });
  }
}

function nearestPosition(path: Path, positions: ReadonlyMap<string, Position>): Position {
  for (let length = path.length; length >= 0; length -= 1) {
    const position = positions.get(formatPath(path.slice(0, length)));
    if (position !== undefined) return position;
  }
  return { line: 1, column: 1 };
}

/** `tag:yaml.org,2002:str` as it is written in a file: `!!str`. */
function readableTag(tag: string): string {
  return shorten(tag.replace(/^tag:yaml\.org,2002:/, '!!'));
}
