// How test/run.ts runs a tier: as `npx ava` runs the unit tests, but with the tier's files, and with what happens
// written down, because ava's own output does not tell a known failure from a success.
import { appendFileSync } from 'node:fs';
import packageJson from '../package.json' with { type: 'json' };

const { APPLIANCE_AGENT_TEST_FILES: files = '', APPLIANCE_AGENT_TEST_EVENTS: record = '' } = process.env;

export default {
  ...packageJson.ava,
  files: files.split('\n'),
  nonSemVerExperiments: { observeRunsFromConfig: true },
  async observeRun({ events }) {
    for await (const { type, testFile, title, skip, todo, knownFailing } of events) {
      if (type !== 'stats') {
        appendFileSync(record, `${JSON.stringify({ type, testFile, title, skip, todo, knownFailing })}\n`);
      }
    }
  },
};
