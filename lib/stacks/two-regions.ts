/** The stacks of an environment of two regions, and the order in which they need each other. */

import { ReferenceStrength, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { hasGenerators, isPrimary, primaryRegion, servingRegions, witnessRegion } from '../../regions/derived.ts';
import type { Environment, RecordedImages, Region } from '../../regions/schema.ts';
import { type Images, serviceImageId } from '../image/machine-image.ts';
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

export interface TwoRegionsOptions {
  readonly environment: Environment;
  readonly images: Images;
  readonly recordedImages: RecordedImages;
}

/** Makes every stack of an environment of two regions. */
export function createTwoRegions(scope: Construct, options: TwoRegionsOptions): void {
  const { environment } = options;
  const secrets = new SecretsStack(scope, { environment, region: primaryRegion(environment) });
  const networks = new Map(
    environment.regions.map((region) => [region, new NetworkStack(scope, { environment, region })]),
  );
  const peerings = createPeerings(scope, environment, networks);
  const base = { ...options, secrets, networks };
  const serving: ServingStacks[] = [];
  for (const region of servingRegions(environment)) {
    serving.push(createServing(scope, { ...base, region, primaryLogs: serving[0]?.logsStack }));
  }
  const witness = witnessRegion(environment);
  const ofRegions = [
    ...serving.flatMap(({ stacks }) => stacks),
    ...(witness === undefined ? [] : createWitness(scope, { ...base, region: witness })),
  ];
  endNightly(scope, environment, {
    secrets,
    networks,
    stacks: [secrets, ...networks.values(), ...peerings, ...ofRegions],
  });
}

interface RegionOptions extends TwoRegionsOptions {
  readonly region: Region;
  readonly secrets: SecretsStack;
  readonly networks: ReadonlyMap<Region, NetworkStack>;
}

interface ServingStacks {
  readonly logsStack: LogsStack;
  /** All of the region's but its network and its way to the others. */
  readonly stacks: readonly RegionStack[];
}

/** A region that clients reach. @param options.primaryLogs nothing for the primary region itself. */
function createServing(
  scope: Construct,
  options: RegionOptions & { readonly primaryLogs: LogsStack | undefined },
): ServingStacks {
  const { environment, region, images, secrets, networks, primaryLogs } = options;
  const shared = {
    environment,
    region,
    networkStack: networkOf(networks, region),
    imageId: serviceImageId(options),
  };
  const imagesStacks = createImages(scope, options);
  const logsStack = new LogsStack(scope, { ...shared, primaryLogs });
  const idpKeys = isPrimary(environment, region) ? {} : { idpKeys: secrets.idpKeys };
  const dataStack = new DataStack(scope, { ...shared, logsStack, images, ...idpKeys });
  const servicesStack = new ServicesStack(scope, { ...shared, dataStack, logsStack });
  const generatorAddresses = generatorAddressesSeenBy(region, environment, networks);
  const edgeStack = new EdgeStack(scope, { environment, region, servicesStack, generatorAddresses });
  const generatorsStacks =
    isPrimary(environment, region) && hasGenerators(environment)
      ? [new GeneratorsStack(scope, { ...shared, logsStack })]
      : [];
  startAfter([secrets, ...imagesStacks], [logsStack, dataStack, servicesStack, ...generatorsStacks]);
  const serving = { logsStack, servicesStack, edgeStack };
  const monitoringStack = new MonitoringStack(scope, { ...shared, dataStack, serving });
  return {
    logsStack,
    stacks: [...imagesStacks, logsStack, dataStack, servicesStack, edgeStack, ...generatorsStacks, monitoringStack],
  };
}

/** The region whose one ring node breaks ties. @returns all of its stacks but its network and its way to the others. */
function createWitness(scope: Construct, options: RegionOptions): readonly RegionStack[] {
  const { environment, region, images, secrets, networks } = options;
  const shared = { environment, region, networkStack: networkOf(networks, region) };
  const imagesStacks = createImages(scope, options);
  const dataStack = new DataStack(scope, { ...shared, logsStack: undefined, images });
  startAfter([secrets, ...imagesStacks], [dataStack]);
  const monitoringStack = new MonitoringStack(scope, { ...shared, dataStack, serving: undefined });
  return [...imagesStacks, dataStack, monitoringStack];
}

/** None where images are recorded: others baked them. */
function createImages(
  scope: Construct,
  { environment, region, networks, images }: RegionOptions,
): readonly ImagesStack[] {
  if (environment.images === 'recorded') return [];
  return [new ImagesStack(scope, { environment, region, networkStack: networkOf(networks, region), images })];
}

/** A machine that starts before its image or its secrets are there would look for them in vain. */
function startAfter(needed: readonly RegionStack[], starting: readonly RegionStack[]): void {
  for (const stack of starting) for (const one of needed) stack.addStackDependency(one);
}

function networkOf(networks: ReadonlyMap<Region, NetworkStack>, region: Region): NetworkStack {
  const network = networks.get(region);
  if (network === undefined) throw new RangeError(`${region.name} has no network`);
  return network;
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
  environment: Environment,
  networks: ReadonlyMap<Region, NetworkStack>,
): readonly string[] {
  if (!hasGenerators(environment)) return [];
  const { network } = networkOf(networks, primaryRegion(environment));
  const addresses = network.natGateways.map(({ address }) => address);
  if (isPrimary(environment, region)) return addresses;
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
