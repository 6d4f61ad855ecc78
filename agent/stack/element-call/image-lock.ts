import * as z from 'zod';
import lock from './images.lock.json' with { type: 'json' };

/** The image of a service, by its tag and, where it is known, by what the tag led to. */
export type LockedImage = z.infer<typeof imageSchema>;

const imageSchema = z.strictObject({
  service: z.string().min(1),
  /** With a tag that is a version, e.g. `traefik:v3.7.9`. */
  reference: z.string().regex(/:v?\d[\w.-]*$/),
  /** Of the OCI index or manifest; null while nobody who can be cited has told it. */
  digest: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/)
    .nullable(),
  /** Where the digest is from: a registry that was asked, or a public file that pins it. */
  source: z.string().min(1).nullable(),
  /** Of a service that not every appliance has: its archive may be missing. */
  optional: z.literal(true).optional(),
});

const lockSchema = z.strictObject({ images: z.array(imageSchema).min(1) });

/** The images of the stack element-call. A digest is only ever what somebody said who is named beside it. */
export function parseLock(content: unknown): readonly LockedImage[] {
  return lockSchema.parse(content).images;
}

export const LOCKED_IMAGES: readonly LockedImage[] = parseLock(lock);
