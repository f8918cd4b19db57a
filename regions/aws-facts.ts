/** Facts that are AWS's, not ours, and that a template or a rule must know: recalled from AWS's documentation, checkable by `doctor`. */

export interface RegionFacts {
  /** Zones by the ids that mean the same place to every account. use1-az3 is left out: it has none of the types below. */
  readonly zoneIds: readonly string[];
  /** The addresses of S3 in the region, as AWS keeps them: what a rule towards a gateway endpoint names. */
  readonly s3PrefixListId: string;
  /** Whether CloudFormation can reserve addresses of a subnet there: the validator's own list of resource types tells. */
  readonly hasSubnetReservations: boolean;
}

/** Recalled from AWS's documentation: `ec2 describe-availability-zones` and `ec2 describe-managed-prefix-lists` tell. */
export const REGIONS: Readonly<Partial<Record<string, RegionFacts>>> = {
  'us-east-1': { zoneIds: zoneIds('use1', 1, 2, 4, 5, 6), s3PrefixListId: 'pl-63a5400a', hasSubnetReservations: true },
  'us-east-2': { zoneIds: zoneIds('use2', 1, 2, 3), s3PrefixListId: 'pl-7ba54012', hasSubnetReservations: false },
  'us-west-2': { zoneIds: zoneIds('usw2', 1, 2, 3, 4), s3PrefixListId: 'pl-68a54001', hasSubnetReservations: true },
  'eu-west-1': { zoneIds: zoneIds('euw1', 1, 2, 3), s3PrefixListId: 'pl-6da54004', hasSubnetReservations: false },
  'eu-central-1': { zoneIds: zoneIds('euc1', 1, 2, 3), s3PrefixListId: 'pl-6ea54007', hasSubnetReservations: false },
};

/** @throws RangeError for a region whose facts are not known. */
export function regionFacts(name: string): RegionFacts {
  return known('region', REGIONS, name);
}

export interface InstanceTypeFacts {
  readonly vcpus: number;
  readonly memoryGiB: number;
  readonly architecture: 'arm64' | 'x86_64';
}

/** Recalled from AWS's documentation: `ec2 describe-instance-types` tells. */
export const INSTANCE_TYPES: Readonly<Partial<Record<string, InstanceTypeFacts>>> = {
  't3.small': { vcpus: 2, memoryGiB: 2, architecture: 'x86_64' },
  't4g.micro': { vcpus: 2, memoryGiB: 1, architecture: 'arm64' },
  't4g.small': { vcpus: 2, memoryGiB: 2, architecture: 'arm64' },
  't4g.medium': { vcpus: 2, memoryGiB: 4, architecture: 'arm64' },
  't4g.large': { vcpus: 2, memoryGiB: 8, architecture: 'arm64' },
  'c7g.medium': { vcpus: 1, memoryGiB: 2, architecture: 'arm64' },
  'c7g.large': { vcpus: 2, memoryGiB: 4, architecture: 'arm64' },
  'c7g.xlarge': { vcpus: 4, memoryGiB: 8, architecture: 'arm64' },
  'c8g.large': { vcpus: 2, memoryGiB: 4, architecture: 'arm64' },
  'm7i.large': { vcpus: 2, memoryGiB: 8, architecture: 'x86_64' },
  'm7g.large': { vcpus: 2, memoryGiB: 8, architecture: 'arm64' },
  'm7g.xlarge': { vcpus: 4, memoryGiB: 16, architecture: 'arm64' },
  'm8g.xlarge': { vcpus: 4, memoryGiB: 16, architecture: 'arm64' },
  'r7g.large': { vcpus: 2, memoryGiB: 16, architecture: 'arm64' },
  'r7g.xlarge': { vcpus: 4, memoryGiB: 32, architecture: 'arm64' },
};

/** @throws RangeError for a type whose facts are not known. */
export function instanceTypeFacts(type: string): InstanceTypeFacts {
  return known('instance type', INSTANCE_TYPES, type);
}

/** The largest volume of each search machine, in GiB, by type. Recalled: `opensearch describe-instance-type-limits` tells. */
export const SEARCH_VOLUMES_GIB_MAX: Readonly<Partial<Record<string, number>>> = {
  't3.small.search': 100,
  't3.medium.search': 200,
  'm6g.large.search': 1024,
  'r6g.large.search': 1024,
};

function known<Facts>(what: string, all: Readonly<Partial<Record<string, Facts>>>, name: string): Facts {
  const facts = all[name];
  if (facts === undefined) throw new RangeError(`${what} ${name} is not in regions/aws-facts.ts`);
  return facts;
}

function zoneIds(prefix: string, ...numbers: readonly number[]): readonly string[] {
  return numbers.map((number) => `${prefix}-az${number}`);
}
