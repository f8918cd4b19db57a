/** Every rule that holds between the values of an environment, or between environments. */

import type { Fault } from './faults.ts';
import { ENVIRONMENT_RULES } from './rules/environment.ts';
import { IMAGE_SOURCE_RULES, RECORDED_IMAGE_RULES } from './rules/images.ts';
import { KEY_RULES } from './rules/keys.ts';
import { NETWORK_RULES } from './rules/network.ts';
import { RING_RULES } from './rules/ring.ts';
import type { Candidates, Rule } from './rules/rule.ts';
import { SIZE_RULES } from './rules/size.ts';
import type { RecordedImages } from './schema.ts';

const RULES_BEFORE_BAKING: readonly Rule[] = [
  ...ENVIRONMENT_RULES,
  ...NETWORK_RULES,
  ...SIZE_RULES,
  ...RING_RULES,
  ...KEY_RULES,
  ...IMAGE_SOURCE_RULES,
];

export const RULE_IDS: readonly string[] = [...RULES_BEFORE_BAKING, ...RECORDED_IMAGE_RULES].map(({ id }) => id);

/**
 * Everything that breaks a rule, in the order of the rules.
 * @param recordedImages undefined where none can be judged: then only the rules are asked that hold before any image is baked.
 */
export function brokenRules(candidates: Candidates, recordedImages: RecordedImages | undefined): readonly Fault[] {
  const withImages =
    recordedImages === undefined ? [] : breaches(RECORDED_IMAGE_RULES, { ...candidates, recordedImages });
  return [...breaches(RULES_BEFORE_BAKING, candidates), ...withImages];
}

function breaches<Judged extends Candidates>(rules: readonly Rule<Judged>[], judged: Judged): readonly Fault[] {
  return rules.flatMap(({ rule, check }) =>
    check(judged).map(({ path, got, allowed }) => ({
      path,
      got,
      rule: allowed === undefined ? rule : `${rule} (${allowed})`,
    })),
  );
}
