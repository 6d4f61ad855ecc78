import { StringDecoder } from 'node:string_decoder';
import { AgentError } from './errors.ts';

/**
 * The non-empty lines of a stream of bytes, each as soon as it is complete. What stands behind the last newline is not
 * a line: the stream broke in the middle of it. LINE_TOO_LONG when a line exceeds `maxCharacters`.
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
        code: 'LINE_TOO_LONG',
        message: `a line of more than ${maxCharacters} characters came`,
        hint: 'It is not the program that was expected which writes this stream.',
      });
    }
  }
}
