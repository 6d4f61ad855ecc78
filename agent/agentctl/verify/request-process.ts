/** Asks from the network namespace that it is started in: reads a question as JSON from stdin, prints the answer. */
import { text } from 'node:stream/consumers';
import { askHttps } from './https-request.ts';

process.stdout.write(`${JSON.stringify(await askHttps(JSON.parse(await text(process.stdin))))}\n`);
