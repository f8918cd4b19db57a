/** What deleting an environment means, read from its templates: what goes for good, what stays, and why it may not go at all. */

import { type AssembledStack, items, members, type PlacedResource, resourcesOf } from '../../app/operator/assembly.ts';
import { lostWith } from '../guard/stateful.ts';

const RETAINED = ['Retain', 'RetainExceptOnCreate'];

/** Why an environment must not be deleted by a command; undefined when it may be. */
export function whyNot(stacks: readonly AssembledStack[]): string | undefined {
  const kept = stacks.filter(({ terminationProtection }) => terminationProtection);
  if (kept.length === 0) return undefined;
  return `${kept.length} of ${stacks.length} stacks have termination protection, since the environment keeps its data. No command of ours lifts it.`;
}

/** What is lost with the stacks, as lines: how many of what. */
export function whatGoes(stacks: readonly AssembledStack[]): readonly string[] {
  const gone = resourcesOf(stacks).filter((place) => !isRetained(place));
  return [...Map.groupBy(gone, ({ resource }) => resource.Type)]
    .flatMap(([type, places]) => {
      const lost = lostWith(type);
      return lost === undefined ? [] : [`${places.length} x ${type}: ${lost}`];
    })
    .sort((left, right) => (left.replace(/^\d+ x /, '') < right.replace(/^\d+ x /, '') ? -1 : 1));
}

/** What is there afterwards, or in the way, as lines. */
export function whatStays(stacks: readonly AssembledStack[]): readonly string[] {
  const lines = resourcesOf(stacks).flatMap((place) => {
    if (isRetained(place)) return [`${nameOf(place)} (${place.resource.Type}): retained`];
    return (REMAINS[place.resource.Type] ?? (() => []))(place);
  });
  return [...new Set(lines), "the bootstrap of the CDK, with the releases in its bucket: 'cdk gc' removes old ones"];
}

/** What types of resources leave behind that are deleted with their stack. */
const REMAINS: Readonly<Record<string, (place: PlacedResource) => readonly string[]>> = {
  'AWS::KMS::Key': (place) => [
    `${nameOf(place)} (AWS::KMS::Key): can be brought back for ${place.resource.Properties?.['PendingWindowInDays'] ?? 30} days`,
  ],
  'AWS::S3::Bucket': (place) => [
    `${nameOf(place)} (AWS::S3::Bucket): refuses to go as long as it holds an object, so empty it first`,
  ],
  'AWS::Backup::BackupVault': (place) => [
    `${nameOf(place)} (AWS::Backup::BackupVault): refuses to go as long as it holds a backup`,
  ],
  'AWS::ImageBuilder::Image': (place) =>
    'DeletionSettings' in (place.resource.Properties ?? {})
      ? []
      : [`${nameOf(place)} (AWS::ImageBuilder::Image): its machine image and snapshot stay`],
  'AWS::ImageBuilder::DistributionConfiguration': ({ stack, resource }) =>
    items(resource.Properties?.['Distributions']).flatMap((distribution) =>
      items(members(distribution)['SsmParameterConfigurations']).map(
        (parameter) =>
          `parameter ${members(parameter)['ParameterName']} in ${stack.region}: names an image that is gone`,
      ),
    ),
  'AWS::CertificateManager::Certificate': ({ resource }) =>
    items(resource.Properties?.['DomainValidationOptions'])
      .map(members)
      .map(
        ({ DomainName: name, HostedZoneId: zone }) =>
          `the CNAME by which ${name} was proven, in hosted zone ${typeof zone === 'string' ? zone : 'of its name'}`,
      ),
};

function isRetained({ resource }: PlacedResource): boolean {
  return RETAINED.includes(resource.DeletionPolicy ?? '');
}

function nameOf({ stack, id }: PlacedResource): string {
  return `${stack.name}/${id}`;
}
