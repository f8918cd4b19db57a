/** Where a request came from: the client's address behind the balancers, its program and its languages. */

import type { FastifyRequest } from 'fastify';
import { trimAcceptLanguage } from '../accounts/accept-language.ts';
import type { RequestContext } from '../storage/commands/values.ts';

const USER_AGENT_CHARACTERS_MAX = 255;
const ADDRESS_CHARACTERS_MAX = 64;

/**
 * @param addressDepth which entry from the right of X-Forwarded-For is the client: those further left were written by the client itself
 * and prove nothing. 0: nobody stands in front, the connection's own address counts.
 */
export function requestContext({ headers, ip }: FastifyRequest, addressDepth: number): RequestContext {
  const language = headers['accept-language'];
  return {
    clientAddress: clientAddress(headers['x-forwarded-for'], { addressDepth, ip }),
    userAgent: headers['user-agent']?.slice(0, USER_AGENT_CHARACTERS_MAX) ?? null,
    acceptLanguage: language === undefined ? null : trimAcceptLanguage(language),
  };
}

function clientAddress(
  forwardedFor: string | string[] | undefined,
  { addressDepth, ip }: { addressDepth: number; ip: string },
): string {
  if (addressDepth === 0 || forwardedFor === undefined) return ip;
  const entries = String(forwardedFor).split(',');
  return (entries.at(-addressDepth) ?? ip).trim().slice(0, ADDRESS_CHARACTERS_MAX) || ip;
}
