/** Commands on sessions and devices. */

import { z } from 'zod';
import {
  deviceDescription,
  ending,
  hawkProof,
  hexBytes,
  newSession,
  requestContext,
  stretchedPassword,
  uid,
} from './values.ts';

export const sessionCommands = {
  /** Checks the password and opens a session. A wrong one is counted, and may lock the account. */
  login: {
    input: z.strictObject({
      uid,
      password: stretchedPassword,
      wantsKeys: z.boolean(),
      service: z.string().max(16).optional(),
      reason: z.string().max(16).optional(),
      device: deviceDescription.optional(),
      request: requestContext,
    }),
    outcome: z.discriminatedUnion('outcome', [
      ending('session', { verified: z.boolean(), session: newSession }),
      ending('wrong-password', {}),
      ending('locked', {}),
      /** The password was set while the client's was being stretched: stretch again with the salt of now. */
      ending('password-moved', {}),
      ending('unknown-account', {}),
    ]),
  },
  /** Best effort: when the session was last used, by what, and the locale of an account that has none. */
  touchSession: {
    input: z.strictObject({ proof: hawkProof, request: requestContext }),
    outcome: z.discriminatedUnion('outcome', [ending('touched', {}), ending('invalid-token', {})]),
  },
  /** Ends the session of the proof, or another one of the same account by its token id. */
  destroySession: {
    input: z.strictObject({ proof: hawkProof, otherTokenId: hexBytes(32).optional() }),
    outcome: z.discriminatedUnion('outcome', [ending('destroyed', {}), ending('invalid-token', {})]),
  },
  /** Registers a device on the session of the proof, or updates one when `id` is given. */
  putDevice: {
    input: z.strictObject({ proof: hawkProof, device: deviceDescription }),
    outcome: z.discriminatedUnion('outcome', [
      ending('registered', { id: hexBytes(16), createdAt: z.int().nonnegative() }),
      ending('updated', { id: hexBytes(16) }),
      ending('unknown-device', {}),
      ending('session-has-device', { deviceId: hexBytes(16) }),
      ending('too-many-devices', {}),
      ending('invalid-token', {}),
    ]),
  },
  destroyDevice: {
    input: z.strictObject({ proof: hawkProof, id: hexBytes(16) }),
    outcome: z.discriminatedUnion('outcome', [
      ending('destroyed', {}),
      ending('unknown-device', {}),
      ending('invalid-token', {}),
    ]),
  },
} as const;
