/** Where the lines of an environment are searched. */

import { CfnCertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { CfnLogGroup, CfnResourcePolicy } from 'aws-cdk-lib/aws-logs';
import { CfnDomain } from 'aws-cdk-lib/aws-opensearchservice';
import { Construct } from 'constructs';
import { servingRegions } from '../../regions/derived.ts';
import type { Environment, Region, TwoRegions } from '../../regions/schema.ts';
import { acknowledge } from '../acknowledge.ts';
import { accountItself, allowedTo, policy } from '../machine/policy.ts';
import { internalName, searchDomainArn, searchDomainName } from '../names.ts';
import type { RegionNetwork } from '../network/region-network.ts';
import { allow, SecurityGroup } from '../network/security-group.ts';
import { kindCidr } from '../network/subnets.ts';
import { HTTPS_PORT } from '../ports.ts';
import { keepWith } from '../retention.ts';
import { addSearchName } from './search-name.ts';

/** The version that the tests of the last hop run against. */
const ENGINE_VERSION = 'OpenSearch_2.19';
/** TLS 1.2 and 1.3 with forward secrecy. */
const TLS_POLICY = 'Policy-Min-TLS-1-2-PFS-2023-10';
const ZONES_MAX = 3;
const DAYS_ERRORS_KEPT = 30;

export interface SearchDomainProps {
  readonly environment: Environment;
  /** The primary region: it has the subnets for it. */
  readonly region: Region;
  readonly network: RegionNetwork;
  readonly size: TwoRegions['search'];
  /** The log routers of this region. Those of the others come from the addresses of their subnets. */
  readonly routers: SecurityGroup;
}

/**
 * The search domain of an environment with its Dashboards, once for all regions. It has addresses in subnets of its own only. Its policy
 * leaves it to IAM who of this account may do what: a router by its role, a person by their own. People reach Dashboards with a session
 * that forwards port 443 through a log router, and a proxy beside their browser that signs requests with their own credentials.
 * Resources: a domain, retained where data is kept; a certificate for its name, the name in the private zone; a security group with the
 * rules of all log routers; a log group for errors of its own and the policy that lets it write there.
 * Failure behaviour: with machines in two zones a lost zone takes half of it, and every line has a copy in the other one; with one machine
 * lines wait in the queues of the routers until it is back. AWS takes a snapshot every hour and keeps it for two weeks.
 */
export class SearchDomain extends Construct {
  /** The name that AWS gave it. */
  readonly endpoint: string;
  readonly certificateArn: string;

  constructor(scope: Construct, id: string, props: SearchDomainProps) {
    super(scope, id);
    const { environment, region, network } = props;
    const group = new SecurityGroup(this, 'SecurityGroup', { vpcId: network.vpcId, bearer: 'search domain' });
    this.certificateArn = this.addCertificate(environment);
    const domain = this.addDomain(props, group);
    this.endpoint = domain.attrDomainEndpoint;
    addSearchName(this, { environment, network, endpoint: this.endpoint });
    const why = 'log routers write lines, and operators search through them';
    allow(this, 'FromRouters', { from: props.routers, to: group, port: HTTPS_PORT, why });
    for (const other of servingRegions(environment)) {
      if (other === region) continue;
      const from = { cidr: kindCidr(other, 'logRouter') };
      allow(this, `FromRoutersOf${other.name}`, { from, to: group, port: HTTPS_PORT, why: `${why}: ${other.name}` });
    }
  }

  private addCertificate(environment: Environment): string {
    const domainName = internalName(environment, 'search');
    return new CfnCertificate(this, 'Certificate', {
      domainName,
      validationMethod: 'DNS',
      domainValidationOptions: [{ domainName, hostedZoneId: environment.publicZone.id }],
    }).ref;
  }

  private addDomain({ environment, region, network, size }: SearchDomainProps, group: SecurityGroup): CfnDomain {
    const zones = zonesFor(size.machines, region.zones.length);
    const errors = this.addErrorLog(environment, region);
    const domain = new CfnDomain(this, 'Domain', {
      domainName: searchDomainName(environment),
      engineVersion: ENGINE_VERSION,
      clusterConfig: {
        instanceType: size.instanceType,
        instanceCount: size.machines,
        dedicatedMasterEnabled: false,
        multiAzWithStandbyEnabled: false,
        zoneAwarenessEnabled: zones > 1,
        ...(zones > 1 ? { zoneAwarenessConfig: { availabilityZoneCount: zones } } : {}),
      },
      ebsOptions: { ebsEnabled: true, volumeType: 'gp3', volumeSize: size.volumeGiB },
      vpcOptions: {
        subnetIds: network.subnetIds('search').slice(0, zones),
        securityGroupIds: [group.groupId],
      },
      encryptionAtRestOptions: { enabled: true },
      nodeToNodeEncryptionOptions: { enabled: true },
      domainEndpointOptions: {
        enforceHttps: true,
        tlsSecurityPolicy: TLS_POLICY,
        customEndpointEnabled: true,
        customEndpoint: internalName(environment, 'search'),
        customEndpointCertificateArn: this.certificateArn,
      },
      // Naming roles here would name some that are made later, in other regions, and AWS refuses a role that is not there.
      accessPolicies: policy([
        allowedTo(accountItself(environment), ['es:ESHttp*'], [`${searchDomainArn(environment)}/*`]),
      ]),
      logPublishingOptions: { ES_APPLICATION_LOGS: { enabled: true, cloudWatchLogsLogGroupArn: errors.arn } },
      softwareUpdateOptions: { autoSoftwareUpdateEnabled: true },
    });
    domain.addResourceDependency(errors.policy);
    // A new version of the engine is taken by the domain that stands, with what it holds.
    domain.cfnOptions.updatePolicy = { enableVersionUpgrade: true };
    keepWith(environment, domain);
    acknowledgeFindings(domain);
    return domain;
  }

  private addErrorLog({ name, account }: Environment, region: Region) {
    const logGroupName = `/picl-idp/${name}/search-errors`;
    const logGroup = new CfnLogGroup(this, 'Errors', { logGroupName, retentionInDays: DAYS_ERRORS_KEPT });
    const arn = `arn:aws:logs:${region.name}:${account}:log-group:${logGroupName}:*`;
    const resourcePolicy = new CfnResourcePolicy(this, 'ErrorsPolicy', {
      policyName: `picl-idp-${name}-search-errors`,
      policyDocument: JSON.stringify(
        policy([
          allowedTo(
            { Service: 'es.amazonaws.com' },
            ['logs:CreateLogStream', 'logs:PutLogEvents', 'logs:PutLogEventsBatch'],
            [arn],
            { StringEquals: { 'aws:SourceAccount': account } },
          ),
        ]),
      ),
    });
    resourcePolicy.addResourceDependency(logGroup);
    return { arn, policy: resourcePolicy };
  }
}

/** As many zones as machines can be spread over evenly. */
function zonesFor(machines: number, zonesOfRegion: number): number {
  for (let zones = Math.min(ZONES_MAX, zonesOfRegion); zones > 1; zones -= 1) {
    if (machines % zones === 0) return zones;
  }
  return 1;
}

const SLOW_LOGS =
  'A slow log repeats lines that were written or searched, beside the places where they are kept and expire.';

function acknowledgeFindings(domain: CfnDomain): void {
  acknowledge(domain, {
    'AwsSolutions-OS3':
      'A domain inside a network takes no policy on addresses: security groups let log routers in, and nobody else.',
    'AwsSolutions-OS4':
      'The domain is small, and services do without it; where data is kept its lines are in the long copy too.',
    'AwsSolutions-OS7':
      'A load test searches its lines on one machine; where data is kept, a rule of the environments asks for two zones.',
    'AwsSolutions-OS9[LogExport::SEARCH_SLOW_LOGS]': SLOW_LOGS,
    'AwsSolutions-OS9[LogExport::INDEX_SLOW_LOGS]': SLOW_LOGS,
  });
}
