import { parse } from 'yaml';
import * as z from 'zod';
import { lineDiff } from './line-diff.ts';
import type { RenderedFile } from './types.ts';

/** What writing the rendered files anew would do. */
export interface RenderedChanges {
  /** Services whose container would be made anew, or made for the first time. */
  readonly anew: readonly string[];
  /** Services whose container would be removed. */
  readonly gone: readonly string[];
  /** Files that would change; without lines when they hold nothing but a secret. */
  readonly files: readonly { readonly path: string; readonly lines: readonly string[] }[];
}

const GENERATION = 'org.appliance-agent.generation';

const composeSchema = z.object({
  services: z.record(z.string(), z.object({ labels: z.record(z.string(), z.string()) })),
});

/**
 * Compares what is on disk (`before`, by path) with what would be written. No value of `secrets`, and no key in PEM,
 * is in the result.
 */
export function renderedChanges(
  before: ReadonlyMap<string, string>,
  after: readonly RenderedFile[],
  secrets: readonly string[],
): RenderedChanges {
  const [was, willBe] = [generationsIn(before.get('compose.yaml')), generationsIn(contentOf(after))];
  return {
    anew: [...willBe].filter(([service, name]) => was.get(service) !== name).map(([service]) => service),
    gone: [...was.keys()].filter((service) => !willBe.has(service)),
    files: after
      .filter(({ path, content }) => before.get(path) !== content)
      .map(({ path, content }) => ({
        path,
        lines: lineDiff(hidden(before.get(path) ?? '', secrets), hidden(content, secrets)).filter(
          // Which containers are made anew is said by itself.
          (line) => !line.includes(GENERATION),
        ),
      })),
  };
}

const contentOf = (files: readonly RenderedFile[]) =>
  files.find(({ path }) => path === 'compose.yaml')?.content;

function generationsIn(compose: string | undefined): ReadonlyMap<string, string> {
  const parsed = composeSchema.safeParse(compose === undefined ? null : parse(compose));
  if (!parsed.success) return new Map();
  return new Map(
    Object.entries(parsed.data.services).map(([name, { labels }]) => [name, labels[GENERATION] ?? '']),
  );
}

function hidden(text: string, secrets: readonly string[]): string {
  return secrets
    .reduce((shown, secret) => shown.replaceAll(secret, '(secret)'), text)
    .replaceAll(/-----BEGIN[^-]*-----[\s\S]*?-----END[^-]*-----/g, '(PEM)');
}
