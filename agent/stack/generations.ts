import { parse } from 'yaml';
import * as z from 'zod';
import type { RenderedFile } from './types.ts';

const composeFile = z.object({
  services: z.record(z.string(), z.object({ labels: z.record(z.string(), z.string()) })),
});

/** The generation label of each service in the rendered compose file. */
export function generationsOf(files: readonly RenderedFile[]): ReadonlyMap<string, string> {
  const file = files.find(({ path }) => path === 'compose.yaml');
  if (!file) return new Map();
  const { services } = composeFile.parse(parse(file.content));
  return new Map(
    Object.entries(services).map(([name, { labels }]) => [
      name,
      labels['org.appliance-agent.generation'] ?? '',
    ]),
  );
}
