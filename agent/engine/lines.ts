import { StringDecoder } from 'node:string_decoder';
import { AgentError } from '../system/errors.ts';

/**
 * The non-empty lines of a stream of bytes, each as soon as it is complete. What stands behind the last newline is not
 * a line: the stream broke in the middle of it. ENGINE_ERROR when a line exceeds `maxCharacters`.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  maxCharacters: number,
): AsyncGenerator<string, void, void> {
  // A chunk may end in the middle of a UTF-8 sequence.
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of chunks) {
    const parts = (rest + decoder.write(Buffer.from(chunk))).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) if (line.trim() !== '') yield line;
    if (rest.length > maxCharacters) {
      throw new AgentError({
        code: 'ENGINE_ERROR',
        message: `the engine sent a line of more than ${maxCharacters} characters`,
        hint: 'Is it a Docker Engine that listens on this socket?',
      });
    }
  }
}
