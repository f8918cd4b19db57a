/** Who is who: what belongs together in a reader's mind, such as the machines of a cluster and its balancer. */

/** In the order in which pages tell them. */
const PATTERNS = {
  internet: /^internet$/,
  webhead: /^webhead\b/,
  keysigner: /^keysigner\b/,
  dbwriter: /^dbwriter\b/,
  ring: /^ring\b/,
  'log routers': /^(log|logs)\b/,
  search: /^search\b/,
  generator: /^generator\b/,
  'mail sink': /^mail\b/,
  'image baking': /^machines that bake /,
  'the box': /^(the )?box$/,
  'endpoints of AWS': /^endpoints /,
  S3: /^S3$/,
} as const;

export type Party = keyof typeof PATTERNS;

export const PARTIES = Object.keys(PATTERNS) as readonly Party[];

/**
 * @param name a security group's description, a role of machines, or another end of a flow.
 * @throws RangeError for a name that no party bears.
 */
export function partyOf(name: string): Party {
  const party = PARTIES.find((one) => PATTERNS[one].test(name));
  if (party === undefined) throw new RangeError(`${name} belongs to no party of the topology`);
  return party;
}
