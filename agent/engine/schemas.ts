import * as z from 'zod';

// Docker Engine API 1.41 (engine 20.10) and later. Only what is used is named; more is ignored.

export const versionSchema = z.object({ Version: z.string(), ApiVersion: z.string() });

/** With all that the engine lists of a container: whether anything changed shows by it. */
export const containerListSchema = z.array(
  z.looseObject({
    Id: z.string(),
    Image: z.string(),
    Labels: z.record(z.string(), z.string()).nullish(),
    Status: z.string().optional(),
  }),
);
export type ListedContainer = z.infer<typeof containerListSchema>[number];

export const containerSchema = z.object({
  Id: z.string(),
  Name: z.string(),
  Image: z.string(),
  RestartCount: z.number().int().default(0),
  State: z.object({
    Status: z.enum(['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead']),
    ExitCode: z.number().int(),
    OOMKilled: z.boolean(),
    Pid: z.number().int(),
    StartedAt: z.string(),
    FinishedAt: z.string(),
    Error: z.string().default(''),
  }),
  Config: z.object({ Image: z.string(), Labels: z.record(z.string(), z.string()).nullish() }),
  NetworkSettings: z.object({
    Networks: z
      .record(
        z.string(),
        z.object({ IPAddress: z.string().nullish(), GlobalIPv6Address: z.string().nullish() }).nullish(),
      )
      .nullish(),
  }),
});
export type ContainerAnswer = z.infer<typeof containerSchema>;

export const networkListSchema = z.array(
  z.object({
    Name: z.string(),
    Id: z.string(),
    Driver: z.string(),
    Created: z.string(),
    Options: z.record(z.string(), z.string()).nullish(),
    Labels: z.record(z.string(), z.string()).nullish(),
    IPAM: z.object({ Config: z.array(z.object({ Subnet: z.string().nullish() })).nullish() }).nullish(),
  }),
);
export type NetworkAnswer = z.infer<typeof networkListSchema>[number];

export const imageSchema = z.object({ Id: z.string() });

/** A line of the answer to `POST /images/load`: failures arrive with status 200. */
export const loadProgressSchema = z.object({
  error: z.string().nullish(),
  errorDetail: z.object({ message: z.string().nullish() }).nullish(),
});

export const eventSchema = z.object({
  Type: z.string(),
  Action: z.string(),
  Actor: z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()).nullish() }),
  /** Kept as text by `parseEvent`. */
  timeNano: z.string().regex(/^\d+$/),
});
export type EventAnswer = z.infer<typeof eventSchema>;
