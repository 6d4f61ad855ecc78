// `npm run bench [-- --quick]`: runs every bench, keeps the single measurements in .cache/bench/ and writes
// docs/measurements.md. With --quick the counts are tiny, and the report goes to .cache/bench/ too.
// Exit status: 0 done, 1 a bench failed, 64 wrong usage, 69 something needed is missing.
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { APPLIANCE_NEEDS } from '../support/appliance.ts';
import { needs } from '../support/requirements.ts';
import { systemPath } from '../support/system-path.ts';
import { measure } from './benches.ts';
import { FULL, QUICK } from './counts.ts';
import { report } from './report.ts';

const args = process.argv.slice(2);
const quick = args.includes('--quick');
if (args.some((argument) => argument !== '--quick')) end(64, 'usage: npm run bench [-- --quick]');
const missing = needs(APPLIANCE_NEEDS);
if (missing !== null) end(69, missing);

/** Every wait ends by itself much sooner. What a run that was ended leaves behind, the next one removes. */
const LIMIT_MINUTES = 40;
setTimeout(() => end(1, `not done after ${LIMIT_MINUTES} minutes`), LIMIT_MINUTES * 60_000).unref();

process.chdir(resolve(import.meta.dirname, '../..'));
process.env.PATH = systemPath();
const measured = await measure(quick ? QUICK : FULL, (line) => console.log(line));
const directory = '.cache/bench';
await mkdir(directory, { recursive: true });
const raw = join(directory, `${measured.startedAt.replaceAll(':', '')}.json`);
await writeFile(raw, `${JSON.stringify(measured, null, 1)}\n`);
const written = quick ? join(directory, 'quick.md') : 'docs/measurements.md';
await writeFile(written, report(measured));
console.log(`${Math.round(measured.durationS)} s: done: ${written}, ${raw}`);

function end(status: number, why: string): never {
  console.error(why);
  process.exit(status);
}
