/** Findings of the rule packs that we looked at and leave, each with its reason, where the resource is made. */

import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** @param findings reasons, each a sentence, by the id of the finding. */
export function acknowledge(scope: IConstruct, findings: Readonly<Record<string, string>>): void {
  const { stackTraceLimit } = Error;
  // The CDK notes where each was called: with this folder's path, by which two checkouts would differ, and slowly.
  Error.stackTraceLimit = 0;
  try {
    for (const [id, reason] of Object.entries(findings)) Validations.of(scope).acknowledge({ id, reason });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
