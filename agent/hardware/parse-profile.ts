import type * as z from 'zod';
import { type ConfigProblem, formatConfigProblems, formatPath } from '../config/problems.ts';
import { nearest } from '../config/suggest.ts';
import { readYaml } from '../config/yaml-document.ts';
import { type ProfileFile, profileSchema } from './profile-schema.ts';

export type ParsedProfile =
  | { readonly ok: true; readonly profile: ProfileFile }
  /** What is wrong, a line each, with file and line. */
  | { readonly ok: false; readonly why: string };

/** A profile is a page; whatever is larger is some other file. */
const LARGEST_FILE = 64 * 1024;
const EXPECTED = 'see firmware-profiles/generic.yaml for an example, and profile.schema.json beside it';

/** Reads the text of a profile. `file` is its path; its name without `.yaml` must be that of the profile. */
export function parseProfile(text: string, file: string): ParsedProfile {
  const refuse = (...problems: readonly ConfigProblem[]): ParsedProfile => ({
    ok: false,
    why: formatConfigProblems(problems, file),
  });
  if (text.length > LARGEST_FILE) {
    const message = `the file has ${text.length} characters`;
    return refuse({ path: '', line: 0, column: 0, message, expected: `at most ${LARGEST_FILE} are read` });
  }
  const read = readYaml(text);
  if (!read.ok) return refuse(...read.problems);
  const { yaml } = read;
  const result = profileSchema.safeParse(yaml.values);
  if (!result.success) {
    return refuse(
      ...result.error.issues.map((issue) => {
        const { path, message, expected } = inWords(issue);
        return { path: formatPath(path), ...yaml.positionOf(path), message, expected };
      }),
    );
  }
  const profile = result.data;
  if (!file.endsWith(`/${profile.name}.yaml`)) {
    const message = `${profile.name} is not the name of this file`;
    return refuse({
      path: 'name',
      ...yaml.positionOf(['name']),
      message,
      expected: `call it ${profile.name}.yaml`,
    });
  }
  return { ok: true, profile };
}

function inWords(issue: z.core.$ZodIssue) {
  const { path, message } = issue;
  if (issue.code !== 'unrecognized_keys') return { path, message, expected: EXPECTED };
  const key = issue.keys[0] ?? '';
  const meant = nearest(key, KNOWN_KEYS);
  return {
    path: [...path, key],
    message: 'there is no such setting',
    expected: meant === null ? EXPECTED : `did you mean ${meant}?`,
  };
}

const { shape } = profileSchema;
const KNOWN_KEYS = [
  ...Object.keys(shape),
  ...Object.keys(shape.match.unwrap().shape),
  ...Object.keys(shape.settings.unwrap().shape),
  ...Object.keys(shape.settings.unwrap().shape.sysctl.unwrap().shape),
  ...Object.keys(shape.firmware.unwrap().shape),
  ...Object.keys(shape.probes.unwrap().shape),
];
