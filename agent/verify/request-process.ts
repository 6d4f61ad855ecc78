/** Asks from the network namespace that it is started in: reads questions as JSON from stdin, prints the answers. */
import { text } from 'node:stream/consumers';
import { askHttps, type HttpsQuestion } from './https-request.ts';

const questions: readonly HttpsQuestion[] = JSON.parse(await text(process.stdin));
process.stdout.write(`${JSON.stringify(await Promise.all(questions.map(askHttps)))}\n`);
