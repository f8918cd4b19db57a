/** Whether the public zone is there, and the world asks its name servers. */

import { items, members, type PlacedResource, resourcesOf } from '../assembly.ts';
import { bounded, using } from '../aws.ts';
import { type Check, type Examination, eachOf, type Finding } from './finding.ts';

/** What name servers say when there is nothing under a name. */
const NOTHING_THERE: readonly string[] = ['ENOTFOUND', 'ENODATA'];

export const delegationCheck: Check = {
  name: 'public zone',
  async run({ stacks, resolveNs }) {
    const zones = namesByZone(resourcesOf(stacks));
    return eachOf([...zones], {
      subject: ([id]) => subjectOf(id),
      find: ([id, names]) => findZone(id, { names, resolveNs }),
    });
  },
};

async function findZone(
  id: string,
  { names, resolveNs }: { names: readonly string[]; resolveNs: Examination['resolveNs'] },
): Promise<Finding> {
  const subject = subjectOf(id);
  const zone = await readZone(id);
  if (zone === undefined) {
    const remedy = 'make the zone, or put its real id into the configuration of the environment, then npm run synth';
    return { subject, verdict: 'fault', detail: 'the account has no public zone of this id', remedy };
  }
  const { name, servers } = zone;
  const outside = names.filter((one) => one !== name && !one.endsWith(`.${name}`));
  if (outside.length > 0) {
    const detail = `is ${name}, which does not hold ${outside.join(', ')}`;
    return { subject, verdict: 'fault', detail, remedy: 'put the id of the right zone into the configuration' };
  }
  const asked = (await serversInTheWorld(name, resolveNs)).map(plainName).sort();
  if (asked.join() === servers.join()) return { subject, verdict: 'ok', detail: `${name} is delegated` };
  const detail = `${name} is delegated to ${asked.join(', ') || 'nobody'}, its name servers are ${servers.join(', ')}`;
  const remedy = `at the parent zone or the registrar of ${name}, set NS records to ${servers.join(', ')}`;
  return { subject, verdict: 'fault', detail, remedy };
}

async function serversInTheWorld(name: string, resolveNs: Examination['resolveNs']): Promise<readonly string[]> {
  try {
    return await resolveNs(name);
  } catch (error) {
    if (error instanceof Error && 'code' in error && NOTHING_THERE.includes(String(error.code))) return [];
    throw error;
  }
}

async function readZone(id: string): Promise<{ name: string; servers: readonly string[] } | undefined> {
  const { GetHostedZoneCommand, NoSuchHostedZone, Route53Client } = (await import('@aws-sdk/client-route-53')).default;
  // Route 53 is one for all regions.
  return using(new Route53Client({ region: 'us-east-1' }), async (client) => {
    try {
      const found = await client.send(new GetHostedZoneCommand({ Id: id }), bounded());
      if (found.HostedZone?.Config?.PrivateZone === true) return undefined;
      const servers = (found.DelegationSet?.NameServers ?? []).map(plainName).sort();
      return { name: plainName(found.HostedZone?.Name ?? ''), servers };
    } catch (error) {
      if (error instanceof NoSuchHostedZone) return undefined;
      throw error;
    }
  });
}

/** The zones that templates name by a literal id, with the names that they put there. */
function namesByZone(resources: readonly PlacedResource[]): ReadonlyMap<string, readonly string[]> {
  const placed = resources.flatMap(({ resource: { Type: type, Properties: properties = {} } }) => {
    if (type === 'AWS::Route53::RecordSet') return [[properties['HostedZoneId'], properties['Name']]];
    if (type !== 'AWS::CertificateManager::Certificate') return [];
    return items(properties['DomainValidationOptions'])
      .map(members)
      .map((option) => [option['HostedZoneId'], option['DomainName']]);
  });
  const zones = new Map<string, string[]>();
  for (const [id, name] of placed) {
    if (typeof id !== 'string') continue;
    const names = zones.get(id) ?? [];
    if (typeof name === 'string') names.push(plainName(name));
    zones.set(id, names);
  }
  return zones;
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

function subjectOf(zoneId: string): string {
  return `zone ${zoneId}`;
}
