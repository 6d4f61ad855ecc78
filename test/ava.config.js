// How test/run.ts runs a tier: as `npx ava` runs the unit tests, but with the tier's files, and with what happens
// written down, because ava's own output does not tell a known failure from a success.
import { appendFileSync } from 'node:fs';
import packageJson from '../package.json' with { type: 'json' };

const { APPLIANCE_AGENT_TEST_FILES: files = '', APPLIANCE_AGENT_TEST_EVENTS: record = '' } = process.env;

/** An error as ava hands it on (its lib/serialize-error.js): what was said, where, and what differed. */
function inWords({ message, formattedError, formattedDetails = [], source }) {
  const where = source ? [`${source.file}:${source.line}`] : [];
  const details = formattedDetails.flatMap(({ label, formatted }) => [label, formatted]);
  return [message ?? formattedError, ...where, ...details].filter(Boolean).join('\n');
}

export default {
  ...packageJson.ava,
  files: files.split('\n'),
  nonSemVerExperiments: { observeRunsFromConfig: true },
  async observeRun({ events }) {
    for await (const { type, testFile, title, skip, todo, knownFailing, err } of events) {
      if (type === 'stats') continue;
      const event = { type, testFile, title, skip, todo, knownFailing, error: err && inWords(err) };
      appendFileSync(record, `${JSON.stringify(event)}\n`);
    }
  },
};
