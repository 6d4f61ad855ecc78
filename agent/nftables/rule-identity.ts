import { hash } from 'node:crypto';
import type { RuleSpec } from './objects.ts';
import type { Statement } from './statements.ts';

/** What the comment of a rule says about it. */
export interface RuleIdentity {
  readonly id: string;
  /** Hash of the statements that the rule was made from. */
  readonly hash: string;
}

const HASH_DIGITS = 12;
const COMMENT = /^(?<id>[a-z0-9-]+) (?<hash>[0-9a-f]{12})$/;

/**
 * Longest id of a rule, in characters: nft keeps comments of at most 128 bytes (NFTNL_UDATA_COMMENT_MAXLEN, which
 * counts the final NUL).
 */
export const MAX_RULE_ID_LENGTH = 127 - 1 - HASH_DIGITS;

/**
 * Hash of a rule's statements, as the functions that make statements write them: only such are ever hashed, and never what
 * nft lists.
 */
export function hashStatements(statements: readonly Statement[]): string {
  return hash('sha256', JSON.stringify(statements), 'hex').slice(0, HASH_DIGITS);
}

/**
 * The comment that a rule carries: `<id> <hash>`. What nft lists is never what it was given, and differs between
 * its versions; the comment is what comes back unchanged, so a rule is recognised by it.
 */
export function ruleComment(rule: RuleSpec): string {
  return `${rule.id} ${hashStatements(rule.statements)}`;
}

/** Reads a rule's comment back; null when it is not one of ours. */
export function parseRuleComment(comment: string): RuleIdentity | null {
  const groups = COMMENT.exec(comment)?.groups;
  return groups?.id === undefined || groups.hash === undefined ? null : { id: groups.id, hash: groups.hash };
}
