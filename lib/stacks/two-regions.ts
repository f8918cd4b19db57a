/** The stacks of an environment of two regions, and the order in which they need each other. */

import { ReferenceStrength, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { witnessRegion } from '../../regions/derived.ts';
import type { Environment, Region } from '../../regions/schema.ts';
import type { MachineImage } from '../image/machine-image.ts';
import { isPrimary } from '../network/subnets.ts';
import { twoRegionsOf } from '../services/machine-settings.ts';
import { DataStack } from './data-stack.ts';
import { EdgeStack } from './edge-stack.ts';
import { GeneratorsStack } from './generators-stack.ts';
import { ImagesStack } from './images-stack.ts';
import { LifetimeStack } from './lifetime-stack.ts';
import { LogsStack } from './logs-stack.ts';
import { MonitoringStack } from './monitoring-stack.ts';
import { NetworkStack } from './network-stack.ts';
import { PeeringStack } from './peering-stack.ts';
import type { RegionStack } from './region-stack.ts';
import { SecretsStack } from './secrets-stack.ts';
import { ServicesStack } from './services-stack.ts';

/** What machines start from. */
export interface Images {
  readonly service: MachineImage;
  readonly ring: MachineImage;
}

export interface TwoRegionsOptions {
  readonly environment: Environment;
  readonly images: Images;
}

/** Makes every stack of an environment of two regions. */
export function createTwoRegions(scope: Construct, { environment, images }: TwoRegionsOptions): void {
  const [primary] = environment.regions;
  if (primary === undefined) throw new RangeError(`${environment.name} has no region`);
  const secrets = new SecretsStack(scope, { environment, region: primary });
  const networks = createNetworks(scope, environment);
  const [primaryNetwork] = networks.values();
  const stacks: RegionStack[] = [secrets, ...networks.values()];
  stacks.push(...createPeerings(scope, environment, networks));

  let primaryLogs: LogsStack | undefined;
  for (const [region, networkStack] of networks) {
    const shared = { environment, region, networkStack };
    const imagesStack = environment.images === 'built' ? new ImagesStack(scope, { ...shared, images }) : undefined;
    // A machine that starts before its image or its secrets are there would look for them in vain.
    const after = (stack: RegionStack) => {
      stack.addStackDependency(secrets);
      if (imagesStack !== undefined) stack.addStackDependency(imagesStack);
      stacks.push(stack);
    };
    if (imagesStack !== undefined) stacks.push(imagesStack);
    if (region === witnessRegion(environment)) {
      const dataStack = new DataStack(scope, { ...shared, logsStack: undefined, image: images.ring });
      after(dataStack);
      stacks.push(new MonitoringStack(scope, { ...shared, dataStack, serving: undefined }));
      continue;
    }
    const logsStack: LogsStack = new LogsStack(scope, { ...shared, image: images.service, primaryLogs });
    primaryLogs ??= logsStack;
    const dataStack = new DataStack(scope, {
      ...shared,
      logsStack,
      image: images.ring,
      ...(region === primary ? {} : { idpKeys: secrets.idpKeys }),
    });
    const servicesStack = new ServicesStack(scope, { ...shared, dataStack, logsStack, image: images.service });
    const generatorAddresses = generatorAddressesSeenBy(region, environment, primaryNetwork);
    const edgeStack = new EdgeStack(scope, { environment, region, servicesStack, generatorAddresses });
    for (const stack of [logsStack, dataStack, servicesStack]) after(stack);
    stacks.push(edgeStack);
    if (region === primary && twoRegionsOf(environment).generators !== undefined) {
      after(new GeneratorsStack(scope, { ...shared, logsStack, image: images.service }));
    }
    stacks.push(new MonitoringStack(scope, { ...shared, dataStack, serving: { logsStack, servicesStack, edgeStack } }));
  }
  endNightly(scope, environment, { secrets, networks, stacks });
}

function createNetworks(scope: Construct, environment: Environment): ReadonlyMap<Region, NetworkStack> {
  const { natGateways, endpointZones } = twoRegionsOf(environment);
  return new Map(
    environment.regions.map((region) => [
      region,
      new NetworkStack(scope, { environment, region, natGateways, endpointZones }),
    ]),
  );
}

/** Each region asks those after it, so that the routes of both sides stand when the last one is there. */
function createPeerings(
  scope: Construct,
  environment: Environment,
  networks: ReadonlyMap<Region, NetworkStack>,
): readonly PeeringStack[] {
  const sides = [...networks].map(([region, { network }]) => ({
    region,
    network,
    primary: isPrimary(environment, region),
  }));
  const peerings: PeeringStack[] = [];
  for (const [index, here] of sides.entries()) {
    const asked = sides.slice(index + 1);
    peerings.push(new PeeringStack(scope, { environment, region: here.region, here, asking: [...peerings], asked }));
  }
  return peerings;
}

/** Generators call from behind the NAT gateways of the primary region. */
function generatorAddressesSeenBy(
  region: Region,
  { regions: [primary], shape }: Environment,
  primaryNetwork: NetworkStack | undefined,
): readonly string[] {
  if (!('twoRegions' in shape) || shape.twoRegions.generators === undefined || primaryNetwork === undefined) return [];
  const addresses = primaryNetwork.network.natGateways.map(({ address }) => address);
  if (region === primary) return addresses;
  return addresses.map((address) => Stack.consumeReference(address, ReferenceStrength.WEAK));
}

function endNightly(
  scope: Construct,
  environment: Environment,
  {
    secrets,
    networks,
    stacks,
  }: { secrets: SecretsStack; networks: ReadonlyMap<Region, NetworkStack>; stacks: readonly RegionStack[] },
): void {
  const { lifetime } = environment;
  if (lifetime === undefined || !('deletedAtHour' in lifetime)) return;
  const { deletedAtHour } = lifetime;
  const lifetimes = [...networks].map(([region, network]) => {
    const stack = new LifetimeStack(scope, { environment, region, deletedAtHour });
    stack.outlive(network);
    return stack;
  });
  lifetimes[0]?.outlive(secrets);
  for (const stack of lifetimes) stack.schedule([...stacks, ...lifetimes]);
}
