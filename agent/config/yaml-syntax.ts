import { type Document, LineCounter, parseDocument, type YAMLError } from 'yaml';
import type { ConfigProblem } from './problems.ts';

export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Syntax {
  readonly document: Document.Parsed;
  /** Line and column of an offset in the text, both counted from 1. */
  locate(offset: number): Position;
}

/** Parses one YAML 1.2 document with the places of its parts, or says what is wrong with its syntax. */
export function parseSyntax(text: string): Syntax | { readonly problem: ConfigProblem } {
  const lineCounter = new LineCounter();
  // Duplicate keys are left to the reader of the document: it knows their path, the parser only their place.
  const document = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: 'error',
  });
  const locate = (offset: number) => {
    const { line, col } = lineCounter.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  // One mistake makes the parser stumble over what follows, so that only the first error means anything.
  const [error] = document.errors;
  return error === undefined
    ? { document, locate }
    : { problem: { path: '', ...locate(error.pos[0]), ...wordsFor(error) } };
}

function wordsFor(error: YAMLError): { message: string; expected: string } {
  switch (error.code) {
    case 'MULTIPLE_DOCS':
      return { message: 'a second YAML document begins here', expected: 'keep one document in the file' };
    case 'TAB_AS_INDENT':
      return { message: 'not valid YAML: the line is indented by a tab', expected: 'indent with spaces' };
    case 'RESOURCE_EXHAUSTION':
      return TOO_DEEP;
    default:
      return {
        message: `not valid YAML: ${error.message.split('\n')[0] ?? ''}`,
        expected: 'write settings as "name: value", those of a section indented by two spaces',
      };
  }
}

export const TOO_DEEP = {
  message: 'too many levels within each other',
  expected: 'settings are at most two levels deep, e.g. turn and in it realm',
};
