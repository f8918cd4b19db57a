/** The values of which the inputs of several commands are made. */

import { z } from 'zod';

const HEX = /^(?:[0-9a-f]{2})+$/;

/** Lower-case hex of exactly so many bytes. */
export const hexBytes = (bytes: number) =>
  z
    .string()
    .length(2 * bytes)
    .regex(HEX);

export const uid = hexBytes(16);
export const token = hexBytes(32);
export const email = z.string().min(3).max(255);
/** Whole seconds since the epoch. */
const seconds = z.int().nonnegative();

/** A password as a webhead's stretcher made it: the evidence that a client knows it, and nothing it can be had back from. */
export const stretchedPassword = z.strictObject({
  authSalt: hexBytes(32),
  verifierVersion: z.union([z.literal(0), z.literal(1), z.literal(2)]),
  verifyHash: hexBytes(32),
  wrapwrapKey: hexBytes(32),
});
export type StretchedPassword = z.infer<typeof stretchedPassword>;

/** A client's own signed request: the dbwriter checks its MAC against the store before it acts for the client. */
export const hawkProof = z.strictObject({
  authorization: z.string().min(1).max(4096),
  method: z.enum(['GET', 'POST']),
  /** Path and query as the client signed them. */
  path: z.string().min(1).max(4096),
});
export type HawkProof = z.infer<typeof hawkProof>;

/** Where a request came from, as far as limits and records need it. */
export const requestContext = z.strictObject({
  clientAddress: z.string().max(64),
  userAgent: z.string().max(255).nullable(),
  /** Already trimmed to 255 characters. */
  acceptLanguage: z.string().max(255).nullable(),
});
export type RequestContext = z.infer<typeof requestContext>;

/** What a mail's link carries through to the page behind it. */
export const mailContext = z.strictObject({
  service: z.string().max(16).optional(),
  redirectTo: z.string().max(512).optional(),
  resume: z.string().max(2048).optional(),
});

/** A device as a client describes it. Empty push values clear what was there. */
export const deviceDescription = z.strictObject({
  id: hexBytes(16).optional(),
  name: z.string().max(255).optional(),
  type: z.string().max(16).optional(),
  pushCallback: z.string().max(255).optional(),
  pushPublicKey: z.string().max(88).optional(),
  pushAuthKey: z.string().max(24).optional(),
  /** JSON text. */
  availableCommands: z.string().max(4096).optional(),
});
export type DeviceDescription = z.infer<typeof deviceDescription>;

/** A session as its owner gets it. The token is shown here and never again. */
export const newSession = z.strictObject({
  sessionToken: token,
  authAt: seconds,
  keyFetchToken: token.optional(),
});

/** One ending of a command. */
export const ending = <Name extends string, Shape extends z.core.$ZodLooseShape>(name: Name, shape: Shape) =>
  z.strictObject({ outcome: z.literal(name), ...shape });
