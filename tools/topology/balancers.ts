/** Load balancers as the templates make them: where they listen, what they forward to, and what they ask of it. */

import {
  type AssembledStack,
  items,
  members,
  type PlacedResource,
  type Properties,
  resourcesOf,
} from '../../app/operator/assembly.ts';
import type { Machines } from './machines.ts';
import type { Networks, Subnet } from './network.ts';
import { keyOf, type Target, type Values } from './values.ts';

export interface TargetGroup extends PlacedResource {
  readonly key: string;
  readonly port: number;
  readonly machines: readonly Machines[];
  /** Literal addresses, where no machines are registered. */
  readonly addresses: readonly string[];
  /** What a target is asked over HTTP; nothing where only its port is tried. */
  readonly healthPath: string | undefined;
}

export interface Listener {
  readonly port: number;
  /** Nothing where it only redirects. */
  readonly targets: TargetGroup | undefined;
}

export interface LoadBalancer extends PlacedResource {
  readonly key: string;
  readonly isPublic: boolean;
  readonly kind: 'application' | 'network';
  readonly subnets: readonly Subnet[];
  readonly groups: readonly Target[];
  readonly listeners: readonly Listener[];
}

export interface Balancers {
  readonly balancers: readonly LoadBalancer[];
  readonly targetGroups: readonly TargetGroup[];
}

export function readBalancers(
  stacks: readonly AssembledStack[],
  values: Values,
  { networks, machines }: { readonly networks: Networks; readonly machines: readonly Machines[] },
): Balancers {
  const targetGroups = resourcesOf(stacks, 'AWS::ElasticLoadBalancingV2::TargetGroup').map((place): TargetGroup => {
    const { Port: port, Targets: targets, HealthCheckPath: path }: Properties = place.resource.Properties ?? {};
    const key = keyOf(place);
    return {
      ...place,
      key,
      port: Number(port),
      machines: machines.filter((one) => one.targetGroups.some((target) => keyOf(target) === key)),
      addresses: items(targets).map((one) => values.text(members(one)['Id'], place.stack)),
      healthPath: typeof path === 'string' ? path : undefined,
    };
  });
  const listeners = resourcesOf(stacks, 'AWS::ElasticLoadBalancingV2::Listener').map(({ stack, resource }) => {
    const { LoadBalancerArn: arn, Port: port, DefaultActions: actions } = resource.Properties ?? {};
    const balancer = values.target(arn, stack);
    const forwarded = values.target(members(items(actions)[0])['TargetGroupArn'], stack);
    return {
      balancer: balancer === undefined ? '' : keyOf(balancer),
      port: Number(port),
      targets: targetGroups.find(({ key }) => forwarded !== undefined && key === keyOf(forwarded)),
    };
  });
  const balancers = resourcesOf(stacks, 'AWS::ElasticLoadBalancingV2::LoadBalancer').map((place): LoadBalancer => {
    const properties = place.resource.Properties ?? {};
    const subnetIds = [
      ...items(properties['Subnets']),
      ...items(properties['SubnetMappings']).map((mapping) => members(mapping)['SubnetId']),
    ];
    return {
      ...place,
      key: keyOf(place),
      isPublic: properties['Scheme'] === 'internet-facing',
      kind: properties['Type'] === 'network' ? 'network' : 'application',
      subnets: subnetIds.map((one) => networks.subnet(one, place.stack)),
      groups: items(properties['SecurityGroups']).flatMap((one) => values.target(one, place.stack) ?? []),
      listeners: listeners.filter(({ balancer }) => balancer === keyOf(place)),
    };
  });
  return { balancers, targetGroups };
}
