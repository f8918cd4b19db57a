/** Whether what templates state of an account and its regions is so: zones, lists of addresses, images. */

import type { EC2Client } from '@aws-sdk/client-ec2';
import { type AssembledStack, resourcesOf, tagOf } from '../assembly.ts';
import { bounded, using } from '../aws.ts';
import { machineGroups } from '../machines.ts';
import { type Check, eachOf, type Finding, regionsOf } from './finding.ts';

type Look = (
  client: EC2Client,
  place: { readonly region: string; readonly stacks: readonly AssembledStack[] },
) => Promise<Finding>;

const ZONE_ID = /\b[a-z]{2,4}\d-az\d+$/;
const PREFIX_LIST = /"(?:Destination|Source)PrefixListId":"(pl-[0-9a-f]+)"/g;
const SSM_IMAGE = 'ssm:';

/** An account has its own names for zones: the ring's racks are ids, and machines are placed by name. */
const zones: Look = async (client, { region, stacks }) => {
  const subject = `zones ${region}`;
  const stated = new Map<string, string>();
  for (const { resource } of resourcesOf(stacks, 'AWS::EC2::Subnet')) {
    const name = resource.Properties?.['AvailabilityZone'];
    const [id] = ZONE_ID.exec(tagOf(resource, 'Name') ?? '') ?? [];
    if (typeof name === 'string' && id !== undefined) stated.set(name, id);
  }
  if (stated.size === 0) return { subject, verdict: 'ok', detail: 'the templates state none' };
  const { DescribeAvailabilityZonesCommand } = (await import('@aws-sdk/client-ec2')).default;
  const { AvailabilityZones: known = [] } = await client.send(new DescribeAvailabilityZonesCommand(), bounded());
  const ids = new Map(known.map(({ ZoneName: name, ZoneId: id }) => [name, id]));
  const wrong = [...stated].filter(([name, id]) => ids.get(name) !== id);
  if (wrong.length === 0) return { subject, verdict: 'ok', detail: [...stated.values()].sort().join(', ') };
  const detail = wrong
    .map(([name, id]) => `${name} is ${ids.get(name) ?? 'unknown'}, the templates say ${id}`)
    .join('; ');
  const right = [...ids].map(([name, id]) => `${name} ${id}`).join(', ');
  return { subject, verdict: 'fault', detail, remedy: `put the account's own zones into the configuration: ${right}` };
};

const prefixLists: Look = async (client, { region, stacks }) => {
  const subject = `address list of S3 ${region}`;
  const text = JSON.stringify(stacks.map(({ template }) => template.Resources));
  const stated = [...new Set([...text.matchAll(PREFIX_LIST)].map(([, id = '']) => id))];
  if (stated.length === 0) return { subject, verdict: 'ok', detail: 'the templates state none' };
  const { DescribeManagedPrefixListsCommand } = (await import('@aws-sdk/client-ec2')).default;
  const name = `com.amazonaws.${region}.s3`;
  const describe = new DescribeManagedPrefixListsCommand({ Filters: [{ Name: 'prefix-list-name', Values: [name] }] });
  const { PrefixLists: lists = [] } = await client.send(describe, bounded());
  const real = lists.map(({ PrefixListId: id }) => id ?? '');
  const wrong = stated.filter((id) => !real.includes(id));
  if (wrong.length === 0) return { subject, verdict: 'ok', detail: stated.join(', ') };
  const detail = `the templates say ${wrong.join(', ')}, ${name} is ${real.join(', ') || 'not there'}`;
  return {
    subject,
    verdict: 'fault',
    detail,
    remedy: "put the region's own list into the facts of AWS that templates use",
  };
};

const images: Look = async (client, { region, stacks }) => {
  const subject = `machine images ${region}`;
  const stated = [...new Set(machineGroups(stacks).flatMap(({ imageId }) => imageId ?? []))];
  const ids = stated.filter((id) => id.startsWith('ami-'));
  if (ids.length === 0) return { subject, verdict: 'ok', detail: 'the deploy itself bakes them' };
  const { DescribeImagesCommand } = (await import('@aws-sdk/client-ec2')).default;
  // A filter, since one unknown id among ids would be an error that names one only.
  const describe = new DescribeImagesCommand({ Filters: [{ Name: 'image-id', Values: ids }] });
  const { Images: found = [] } = await client.send(describe, bounded());
  const missing = ids.filter(
    (id) => !found.some(({ ImageId: known, State: state }) => known === id && state === 'available'),
  );
  if (missing.length === 0) return { subject, verdict: 'ok', detail: ids.join(', ') };
  const detail = `the account cannot use ${missing.join(', ')}`;
  return { subject, verdict: 'fault', detail, remedy: 'npm run release -- bake, then npm run synth' };
};

/** The image that recipes begin with, by the parameter in which its maker publishes it. */
const parentImages: Look = async (_client, { region, stacks }) => {
  const subject = `parent of machine images ${region}`;
  const parents = resourcesOf(stacks, 'AWS::ImageBuilder::ImageRecipe').map(
    ({ resource }) => resource.Properties?.['ParentImage'],
  );
  const names = [...new Set(parents.map(String))].filter((parent) => parent.startsWith(SSM_IMAGE));
  if (names.length === 0) return { subject, verdict: 'ok', detail: 'the templates bake none' };
  const { GetParametersCommand, SSMClient } = (await import('@aws-sdk/client-ssm')).default;
  return using(new SSMClient({ region }), async (client): Promise<Finding> => {
    const get = new GetParametersCommand({ Names: names.map((name) => name.slice(SSM_IMAGE.length)) });
    const { InvalidParameters: invalid = [] } = await client.send(get, bounded());
    if (invalid.length === 0) return { subject, verdict: 'ok', detail: names.join(', ') };
    const detail = `nobody publishes ${invalid.join(', ')}`;
    return {
      subject,
      verdict: 'fault',
      detail,
      remedy: 'put a date that its maker published into the pins of the images',
    };
  });
};

const LOOKS: Readonly<Record<string, Look>> = {
  zones,
  'address list of S3': prefixLists,
  'machine images': images,
  'parent of machine images': parentImages,
};

export const regionFactsCheck: Check = {
  name: 'facts of the regions',
  async run({ stacks }) {
    const { EC2Client } = (await import('@aws-sdk/client-ec2')).default;
    const each = regionsOf(stacks).flatMap((region) =>
      Object.entries(LOOKS).map(([what, look]) => ({ region, what, look })),
    );
    return eachOf(each, {
      subject: ({ region, what }) => `${what} ${region}`,
      find: ({ region, look }) => {
        const own = stacks.filter((stack) => stack.region === region);
        return using(new EC2Client({ region }), (client) => look(client, { region, stacks: own }));
      },
    });
  },
};
