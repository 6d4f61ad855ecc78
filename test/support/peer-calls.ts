/**
 * Answers HTTP on the ports of its arguments with the address that it was called from; of where the SFU is it tells as
 * a homeserver does.
 */
export const TELL_PEER = `
  // As process 1 of its container it gets no default action for a signal.
  process.once('SIGTERM', () => process.exit(0));
  const { createServer } = require('node:http');
  const foci = [{ type: 'livekit', livekit_service_url: 'https://rtc.example.org' }];
  const discovery = JSON.stringify({ 'org.matrix.msc4143.rtc_foci': foci });
  const tell = ({ url, socket }, response) =>
    response.end(url === '/.well-known/matrix/client' ? discovery : socket.remoteAddress.replace('::ffff:', ''));
  for (const port of process.argv.filter((argument) => /^\\d+$/.test(argument))) createServer(tell).listen(Number(port));
`;

/** Calls its arguments, `ADDRESS PORT`, all at once; prints their answers, or why there was none, as JSON. */
const CALL = `
  const call = (host, port) => new Promise((resolve) => {
    let answer = '';
    const socket = require('node:net').connect({ host, port });
    socket.setTimeout(2000, () => socket.destroy(Object.assign(new Error(), { code: 'SILENCE' })));
    socket.on('connect', () => socket.write('GET / HTTP/1.0\\r\\n\\r\\n'));
    socket.on('data', (data) => { answer += data; });
    socket.on('error', ({ code }) => resolve(code));
    socket.on('end', () => resolve(answer.split('\\r\\n\\r\\n')[1]));
  });
  Promise.all(process.argv.slice(1).map((place) => call(...place.split(' ')))).then((answers) =>
    console.log(JSON.stringify(answers)));
`;

/** Runs a program somewhere and resolves to what it printed. */
export type Ask = (program: string, ...args: string[]) => Promise<string>;

/** What each of these places, `ADDRESS PORT`, answers to a caller: the address that it saw, or an error's code. */
export async function callEach(ask: Ask, node: string, places: readonly string[]): Promise<string[]> {
  return JSON.parse(await ask(node, '-e', CALL, ...places)) as string[];
}
