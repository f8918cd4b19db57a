/** Who is told of what in one region. */

import type { Construct } from 'constructs';
import { isPrimary, twoRegionsOf } from '../../regions/derived.ts';
import { Alarms } from '../monitoring/alarms.ts';
import { Budget } from '../monitoring/budget.ts';
import { Dashboard } from '../monitoring/dashboard.ts';
import { addFirewallAlarm, addMailAlarms, addNatAlarms } from '../monitoring/edge-alarms.ts';
import { addBackupAlarms, addLogRouterAlarms, addRingAlarms, addSearchAlarms } from '../monitoring/kept-alarms.ts';
import { OperatorsTopic } from '../monitoring/operators-topic.ts';
import { addRegionAlarms } from '../monitoring/region-alarms.ts';
import { addCertificateAlarm, addClusterAlarms } from '../monitoring/service-alarms.ts';
import { bounceQueueName, deadBounceQueueName, searchDomainName } from '../names.ts';
import type { DataStack } from './data-stack.ts';
import type { EdgeStack } from './edge-stack.ts';
import type { LogsStack } from './logs-stack.ts';
import type { NetworkStack } from './network-stack.ts';
import { RegionStack, type RegionStackProps } from './region-stack.ts';
import type { ServicesStack } from './services-stack.ts';

export interface MonitoringStackProps extends RegionStackProps {
  readonly networkStack: NetworkStack;
  readonly dataStack: DataStack;
  /** What a region that serves has beside its data; nothing for a witness. */
  readonly serving:
    | { readonly logsStack: LogsStack; readonly servicesStack: ServicesStack; readonly edgeStack: EdgeStack }
    | undefined;
}

export class MonitoringStack extends RegionStack {
  constructor(scope: Construct, props: MonitoringStackProps) {
    const { environment, region, networkStack, dataStack, serving } = props;
    super(scope, 'monitoring', props, `Alarms of ${environment.name} in ${region.name}.`);
    const { name, account, operatorsMailbox: mailbox } = environment;
    const topic = new OperatorsTopic(this, 'Topic', { account, mailbox });
    const alarms = new Alarms(this, 'Alarms', { topicArn: topic.arn, place: `${name} ${region.name}` });
    addRingAlarms(alarms, dataStack.ring);
    const { vaultName, members } = dataStack.ring;
    if (vaultName !== undefined) addBackupAlarms(alarms, { vaultName, volumes: members.length });
    if (serving !== undefined) this.addServingAlarms(alarms, { ...props, serving });
    addNatAlarms(alarms, networkStack.network.natGateways);
    addRegionAlarms(this, alarms, { environment, region, ownCheckId: serving?.edgeStack.names.healthCheckId });
    if (!isPrimary(environment, region)) return;
    addSearchAlarms(alarms, { domainName: searchDomainName(environment), account });
    new Budget(this, 'Budget', { environmentName: name, dollarsAMonth: environment.budgetDollarsAMonth, mailbox });
    new Dashboard(this, 'Dashboard', {
      environmentName: name,
      regionNames: environment.regions.map((one) => one.name),
    });
  }

  private addServingAlarms(
    alarms: Alarms,
    {
      environment,
      region,
      serving,
    }: MonitoringStackProps & { readonly serving: NonNullable<MonitoringStackProps['serving']> },
  ): void {
    const { logsStack, servicesStack, edgeStack } = serving;
    const { clusters } = twoRegionsOf(environment);
    for (const role of ['webhead', 'keysigner', 'dbwriter'] as const) {
      addClusterAlarms(alarms, servicesStack[role], { zones: region.zones, size: clusters[role] });
    }
    addLogRouterAlarms(alarms, logsStack.routers);
    if (logsStack.searchCertificateArn !== undefined) {
      const certificateArn = logsStack.searchCertificateArn;
      addCertificateAlarm(alarms, 'SearchCertificateOld', { which: 'search', certificateArn });
    }
    addFirewallAlarm(alarms, { aclName: edgeStack.firewall.aclName, region: region.name });
    if (edgeStack.mail === undefined) return;
    addMailAlarms(alarms, {
      bounceQueueName: bounceQueueName(environment),
      deadLetterQueueName: deadBounceQueueName(environment),
    });
  }
}
