import type { Context } from '../context.ts';
import { exitOfFirewall, type FirewallReading, readFirewall } from '../firewall-reading.ts';
import { renderDifferences, renderFirewall } from '../render/firewall.ts';

interface Options {
  readonly json?: true;
}

/** What is published, what went through in both directions, what is in its way, what was dropped. */
export async function show(context: Context, options: Options): Promise<number> {
  const reading = await readFirewall(context);
  const { terminal } = context;
  terminal.write(options.json ? asJson(reading) : renderFirewall(reading, terminal));
  return exitOfFirewall(reading);
}

/** What of our table is not as it should be. */
export async function diff(context: Context, options: Options): Promise<number> {
  const reading = await readFirewall(context);
  const { firewall, stale, source } = reading;
  const { terminal } = context;
  const content = {
    state: firewall?.state ?? 'unknown',
    differences: firewall?.differences ?? [],
    stale,
    source,
  };
  terminal.write(
    options.json ? `${JSON.stringify(content, null, 2)}\n` : renderDifferences(reading, terminal),
  );
  return exitOfFirewall(reading);
}

const asJson = ({ firewall, stale, source }: FirewallReading) =>
  `${JSON.stringify({ ...(firewall ?? { state: 'unknown' }), stale, source }, null, 2)}\n`;
