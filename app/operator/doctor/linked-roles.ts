/** Roles by which services of AWS work in an account: some are made only when somebody asks for them, and a deploy without them fails. */

import { resourcesOf } from '../assembly.ts';
import { bounded, using } from '../aws.ts';
import { type Check, eachOf, type Finding } from './finding.ts';

/** Which service needs its role for a type of resource. */
const SERVICES: Readonly<Record<string, readonly string[]>> = {
  'autoscaling.amazonaws.com': ['AWS::AutoScaling::AutoScalingGroup'],
  'elasticloadbalancing.amazonaws.com': ['AWS::ElasticLoadBalancingV2::LoadBalancer'],
  'opensearchservice.amazonaws.com': ['AWS::OpenSearchService::Domain'],
  'imagebuilder.amazonaws.com': ['AWS::ImageBuilder::Image', 'AWS::ImageBuilder::ImagePipeline'],
  'backup.amazonaws.com': ['AWS::Backup::BackupPlan'],
  'wafv2.amazonaws.com': ['AWS::WAFv2::LoggingConfiguration'],
};

export const linkedRolesCheck: Check = {
  name: 'service-linked roles',
  async run({ environment, stacks, fix }) {
    const needed = Object.entries(SERVICES).filter(([, types]) => resourcesOf(stacks, ...types).length > 0);
    const { default: iam } = await import('@aws-sdk/client-iam');
    return using(new iam.IAMClient({ region: 'us-east-1' }), (client) =>
      eachOf(needed, {
        subject: ([service]) => subjectOf(service),
        find: async ([service]): Promise<Finding> => {
          const subject = subjectOf(service);
          const list = new iam.ListRolesCommand({ PathPrefix: `/aws-service-role/${service}/` });
          const { Roles: roles = [] } = await client.send(list, bounded());
          if (roles.length > 0) return { subject, verdict: 'ok', detail: `${roles[0]?.RoleName}` };
          if (!fix) {
            const remedy = `picl-idp doctor ${environment} --fix makes it`;
            return { subject, verdict: 'fault', detail: 'the account has none', remedy };
          }
          const create = new iam.CreateServiceLinkedRoleCommand({ AWSServiceName: service });
          const { Role: role } = await client.send(create, bounded());
          return { subject, verdict: 'ok', detail: `${role?.RoleName}, made now` };
        },
      }),
    );
  },
};

function subjectOf(service: string): string {
  return `service-linked role of ${service}`;
}
