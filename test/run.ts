// `npm test [-- TIER…]`: runs the tiers that are named, or all, says why it skips those that this machine cannot run, and
// ends with the totals over all of them on one line. Exit status: 0 all well, 1 a test failed (in CI also: one was skipped),
// 64 wrong usage.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { conclusion, inWords } from './support/conclusion.ts';
import { debianRoot } from './support/debian-root.ts';
import { failures } from './support/failures.ts';
import { removeAbandonedMachines } from './support/machine-removal.ts';
import { needs } from './support/requirements.ts';
import { runTier } from './support/run-tier.ts';
import { sum, type Totals, tally } from './support/tally.ts';
import { filesOf, TIERS, type Tier } from './support/tiers.ts';

const chosen = process.argv.slice(2);
const unknown = chosen.find((name) => !TIERS.some((tier) => tier.name === name));
if (unknown !== undefined) {
  console.error(`no such tier: ${unknown} (there are: ${TIERS.map(({ name }) => name).join(', ')})`);
  process.exit(64);
}
process.chdir(resolve(import.meta.dirname, '..'));

const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => interruption.abort());

const results: Totals[] = [];
const failed: string[] = [];
for (const tier of TIERS) {
  if (interruption.signal.aborted) break;
  if (chosen.length === 0 || chosen.includes(tier.name)) results.push(await run(tier));
}
const { lines, exitCode } = conclusion(sum(results), {
  inCi: process.env.CI === 'true',
  interrupted: interruption.signal.aborted,
});
if (failed.length > 0) console.log(`\nWhat failed:\n${failed.join('\n')}`);
for (const line of lines) console.log(`\n${line}`);
process.exitCode = exitCode;

async function run(tier: Tier): Promise<Totals> {
  const skip = needs(tier.needs);
  console.log(
    skip === null ? `\n${tier.name}: ${filesOf(tier).join(' ')}` : `\nSKIPPED ${tier.name}: ${skip}`,
  );
  const begun = performance.now();
  const events = await runTier(tier, {
    skip,
    env: composeEnvironment(),
    root: skip === null && tier.debian !== undefined ? await debianRoot(tier.debian) : null,
    signal: interruption.signal,
    print: (line) => console.log(line),
  });
  const totals = tally(events);
  failed.push(...failures(tier.name, events));
  if (skip === null && tier.needs.root === true) await removeLeftOvers();
  console.log(`${tier.name}: ${inWords(totals)} (${Math.round((performance.now() - begun) / 1000)} s)`);
  return totals;
}

/** The Compose plugin that test/setup.sh fetched; agent/engine/compose.ts looks here first. */
function composeEnvironment(): Record<string, string> {
  const plugin = resolve('.cache/cli-plugins/docker-compose');
  return existsSync(plugin) ? { APPLIANCE_AGENT_COMPOSE: plugin } : {};
}

/** What tests that were killed could not remove themselves. */
async function removeLeftOvers(): Promise<void> {
  const removed = await removeAbandonedMachines();
  if (removed.length > 0)
    console.log(`removed the throw-away machines of killed tests: ${removed.join(', ')}`);
}
