import * as z from 'zod/mini';

/** Of the state that a backup holds. Another one cannot be restored by this release. */
export const FORMAT = 1;

/** Where the manifest is in a backup: first, before what it tells of. */
export const MANIFEST = 'manifest.json';

/** Relative, within the two folders that a backup has, and nowhere else. */
const path = z.string().check(
  z.regex(/^(state|etc)(\/[^/\0]+)+$/),
  z.refine((text) => !text.split('/').includes('..')),
);
const owned = { path, mode: z.int(), uid: z.int(), gid: z.int() };

/** The head of any manifest, of whichever format. */
export const headSchema = z.looseObject({ format: z.int(), agentVersion: z.string() });

export const manifestSchema = z.strictObject({
  format: z.literal(FORMAT),
  agentVersion: z.string(),
  /** ISO 8601. */
  createdAt: z.string(),
  /** Name of the homeserver; null of an appliance without one. */
  serverName: z.nullable(z.string()),
  directories: z.array(z.strictObject(owned)),
  /** In the order in which they follow. */
  files: z.array(
    z.strictObject({
      ...owned,
      size: z.int().check(z.nonnegative()),
      sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
    }),
  ),
});

export type Manifest = z.infer<typeof manifestSchema>;
