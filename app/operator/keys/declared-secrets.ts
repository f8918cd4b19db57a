/** The secrets that an environment's templates declare and CloudFormation leaves empty, each with its kind. */

import { type AssembledStack, items, members, type PlacedResource, resourcesOf, tagOf } from '../assembly.ts';
import type { RingNodeIdentity } from './ring-certificates.ts';

const KINDS = ['key-set', 'sealing-keyring', 'pair', 'ring-authority', 'ring-node', 'ring-role'] as const;
export type SecretKind = (typeof KINDS)[number];

export interface DeclaredSecret {
  /** As machines ask for it, for example `picl-idp/prod/idp-key-set`. */
  readonly name: string;
  /** The last part of its name. */
  readonly shortName: string;
  readonly kind: SecretKind;
  readonly stackName: string;
  readonly region: string;
  readonly replicaRegions: readonly string[];
  /** Of a ring node's secret. */
  readonly identity: RingNodeIdentity | undefined;
}

const KIND_TAG = 'picl-idp:secret';
const ADDRESS_TAG = 'picl-idp:address';
const NODE_TAG = 'picl-idp:ring-node';

/** @throws Error that names the secret whose tags or name are not what `keys init` can fill. */
export function declaredSecrets(stacks: readonly AssembledStack[]): readonly DeclaredSecret[] {
  const names = namesByAddress(stacks);
  return resourcesOf(stacks, 'AWS::SecretsManager::Secret').map((placed) => readDeclared(placed, names));
}

function readDeclared(
  { stack, id, resource }: PlacedResource,
  names: ReadonlyMap<string, readonly string[]>,
): DeclaredSecret {
  const place = `${stack.name}: secret ${id}`;
  const { Name: name, ReplicaRegions: replicas } = resource.Properties ?? {};
  if (typeof name !== 'string') throw new Error(`${place}: its name must be a literal`);
  const tag = tagOf(resource, KIND_TAG);
  const kind = KINDS.find((one) => one === tag);
  if (kind === undefined) throw new Error(`${place}: tag ${KIND_TAG}: got ${tag}, allowed: ${KINDS.join(', ')}`);
  return {
    name,
    shortName: name.slice(name.lastIndexOf('/') + 1),
    kind,
    stackName: stack.name,
    region: stack.region,
    replicaRegions: items(replicas).map((replica) => String(members(replica)['Region'])),
    identity: kind === 'ring-node' ? readIdentity(place, { resource, names }) : undefined,
  };
}

function readIdentity(
  place: string,
  { resource, names }: { resource: PlacedResource['resource']; names: ReadonlyMap<string, readonly string[]> },
): RingNodeIdentity {
  const address = tagOf(resource, ADDRESS_TAG);
  const node = tagOf(resource, NODE_TAG);
  if (address === undefined || node === undefined) {
    throw new Error(`${place}: a ring node's secret needs the tags ${ADDRESS_TAG} and ${NODE_TAG}`);
  }
  const [first, ...others] = (names.get(address) ?? []).filter((name) => name.startsWith(`${node}.`));
  if (first === undefined) throw new Error(`${place}: no record of type A gives ${node} at ${address} a name`);
  // Operators come through the balancer, by its name.
  const balancer = first.replace(node, 'ring');
  return { address, domainNames: [first, ...others, balancer] };
}

/** What the zones of the environment call each address. */
function namesByAddress(stacks: readonly AssembledStack[]): ReadonlyMap<string, readonly string[]> {
  const named = resourcesOf(stacks, 'AWS::Route53::RecordSet').flatMap(({ resource }) => {
    const { Name: name, Type: type, ResourceRecords: addresses } = resource.Properties ?? {};
    if (type !== 'A' || typeof name !== 'string') return [];
    return items(addresses).map((address) => ({ address: String(address), name: name.replace(/\.$/, '') }));
  });
  const grouped = Map.groupBy(named, ({ address }) => address);
  return new Map([...grouped].map(([address, all]) => [address, [...new Set(all.map(({ name }) => name))]]));
}
