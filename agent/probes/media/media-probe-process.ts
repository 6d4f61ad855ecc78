/**
 * The media probe as a program of its own: the libraries that it takes are no load of the agent's. Reads its target from
 * stdin as JSON, which has a secret in it, and prints the report, or what went wrong.
 */
import { text } from 'node:stream/consumers';
import { describeError } from '../../system/errors.ts';
import { type MediaProbeTarget, type MediaReport, probeMedia } from './media-probe.ts';

/** What it prints. */
export type MediaProbeOutcome =
  | { readonly ok: true; readonly report: MediaReport }
  | { readonly ok: false; readonly message: string };

async function outcome(): Promise<MediaProbeOutcome> {
  try {
    const target: MediaProbeTarget = JSON.parse(await text(process.stdin));
    return { ok: true, report: await probeMedia(target) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { ok: false, message: describeError(error) };
  }
}

process.stdout.write(`${JSON.stringify(await outcome())}\n`);
