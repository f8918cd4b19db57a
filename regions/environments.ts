/** All environments, read and judged once: whoever gets them can rely on every rule. */

import type { z } from 'zod';
import { type BakePlace, bakePlaces } from './derived.ts';
import { dev } from './dev.ts';
import { type Fault, faultLine, schemaFaults } from './faults.ts';
import { loadtest } from './loadtest.ts';
import { prod } from './prod.ts';
import recordedImages from './recorded-images.json' with { type: 'json' };
import type { Place } from './rules/rule.ts';
import { brokenRules } from './rules.ts';
import { type Environment, environmentSchema, type RecordedImages, recordedImagesSchema } from './schema.ts';

const ENVIRONMENTS = [dev, loadtest, prod];

/** Environments that break the schema or a rule. The message has one line a fault. */
export class EnvironmentsWrong extends Error {
  override readonly name = 'EnvironmentsWrong';
  constructor(faults: readonly string[]) {
    super(`environments are wrong:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  }
}

export interface Environments {
  readonly environments: readonly Environment[];
  readonly recordedImages: RecordedImages;
}

/**
 * The environments of this project and the images that were recorded for them.
 * @throws one EnvironmentsWrong that names every fault of all of them.
 */
export function loadEnvironments(): Environments {
  return readEnvironments(ENVIRONMENTS, recordedImages);
}

/**
 * Reads candidates for environments, and the record of images.
 * @throws one EnvironmentsWrong that names every fault of all of them.
 */
export function readEnvironments(candidates: readonly unknown[], recorded: unknown): Environments {
  throwOn(environmentFaults(candidates, recorded));
  return {
    environments: candidates.map((candidate) => environmentSchema.parse(candidate)),
    recordedImages: recordedImagesSchema.parse(recorded),
  };
}

/**
 * Where a release bakes images. It asks for no image, for it is what makes them.
 * @throws one EnvironmentsWrong that names every fault of the environments.
 */
export function loadBakePlaces(): readonly BakePlace[] {
  throwOn(environmentFaults(ENVIRONMENTS));
  return bakePlaces(ENVIRONMENTS.map((environment) => environmentSchema.parse(environment)));
}

/**
 * Every fault of candidates for environments, as lines `path: got value, rule`; none when they are right.
 * @param recorded the record of images. Without it, rules on what was baked are not asked.
 */
export function environmentFaults(candidates: readonly unknown[], recorded?: unknown): readonly string[] {
  const labels = candidates.map((_, index) => labelOf(candidates, index));
  const judged = candidates.map((candidate, index) => judge(labels[index] ?? '', candidate, environmentSchema));
  const images = recorded === undefined ? undefined : judge('recorded-images', recorded, recordedImagesSchema);
  const places: readonly Place[] = judged.flatMap(({ value }, index) =>
    value === undefined ? [] : [placeOf(labels[index] ?? '', value)],
  );
  return [
    ...judged.flatMap(({ faults }) => faults),
    ...(images?.faults ?? []),
    ...brokenRules({ places }, images?.value),
  ].map(faultLine);
}

function placeOf(label: string, environment: Environment): Place {
  return { label, at: label, environment };
}

interface Judged<Value> {
  readonly faults: readonly Fault[];
  /** Undefined when the rules cannot be asked about it. */
  readonly value: Value | undefined;
}

function judge<Schema extends z.ZodType>(label: string, candidate: unknown, schema: Schema): Judged<z.infer<Schema>> {
  const parsed = schema.safeParse(candidate);
  if (parsed.success) return { faults: [], value: parsed.data };
  const { faults, isShaped } = schemaFaults(label, candidate, parsed.error.issues);
  // The schemas change no value, so one whose parts all have the right types can be judged by the rules as it is.
  return { faults, value: isShaped ? (candidate as z.infer<Schema>) : undefined };
}

/** An environment is called by its name in faults, unless another one has that name already. */
function labelOf(candidates: readonly unknown[], index: number): string {
  const name = nameOf(candidates[index]);
  const isFirst = candidates.findIndex((candidate) => nameOf(candidate) === name) === index;
  return name !== undefined && isFirst ? name : `environments[${index}]`;
}

function nameOf(candidate: unknown): string | undefined {
  if (typeof candidate !== 'object' || candidate === null || !('name' in candidate)) return undefined;
  return typeof candidate.name === 'string' && candidate.name !== '' ? candidate.name : undefined;
}

function throwOn(faults: readonly string[]): void {
  if (faults.length > 0) throw new EnvironmentsWrong(faults);
}
