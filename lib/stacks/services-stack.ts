/** The services of one region. */

import type { Construct } from 'constructs';
import { primaryRegion, twoRegionsOf } from '../../regions/derived.ts';
import { acknowledge } from '../acknowledge.ts';
import { Cluster, type ClusterPlan } from '../cluster/cluster.ts';
import { allow, INTERNET } from '../network/security-group.ts';
import { kindCidr } from '../network/subnets.ts';
import { CQL_PORT, HTTPS_PORT, LOG_PORT, SMTP_PORT } from '../ports.ts';
import { dbwriterPlan } from '../services/dbwriter.ts';
import { keysignerPlan } from '../services/keysigner.ts';
import { findingsOfSigning } from '../services/signs-in-kms.ts';
import { webheadPlan } from '../services/webhead.ts';
import type { DataStack } from './data-stack.ts';
import type { LogsStack } from './logs-stack.ts';
import type { NetworkStack } from './network-stack.ts';
import { RegionStack, type RegionStackProps } from './region-stack.ts';

export interface ServicesStackProps extends RegionStackProps {
  readonly networkStack: NetworkStack;
  readonly dataStack: DataStack;
  readonly logsStack: LogsStack;
  readonly imageId: string;
}

export class ServicesStack extends RegionStack {
  readonly webhead: Cluster;
  readonly keysigner: Cluster;
  readonly dbwriter: Cluster;

  constructor(scope: Construct, props: ServicesStackProps) {
    const { environment, region, networkStack, dataStack, logsStack, imageId } = props;
    super(scope, 'services', props, `The accounts service of ${environment.name} in ${region.name}.`);
    const { clusters } = twoRegionsOf(environment);
    const shared = {
      environment,
      region,
      network: networkStack.network,
      endpoints: networkStack.endpoints.securityGroup,
      imageId,
    };
    const cluster = (id: string, plan: ClusterPlan, size: keyof typeof clusters) => {
      const made = new Cluster(this, id, { ...shared, plan, size: clusters[size] });
      this.allowFrom(made, 'Logs', {
        to: logsStack.routers.balancerGroup,
        port: LOG_PORT,
        why: 'lines go to the log routers',
      });
      return made;
    };
    this.keysigner = cluster('Keysigner', keysignerPlan(environment, region), 'keysigner');
    acknowledge(this.keysigner, findingsOfSigning(environment, region));
    this.dbwriter = cluster('Dbwriter', dbwriterPlan(environment, region), 'dbwriter');
    this.webhead = cluster('Webhead', webheadPlan(environment, region), 'webhead');

    const { webhead, keysigner, dbwriter } = this;
    this.allowFrom(webhead, 'Keysigners', {
      to: keysigner.balancerGroup,
      port: HTTPS_PORT,
      why: 'webheads ask for signatures',
    });
    this.allowFrom(webhead, 'Dbwriters', {
      to: dbwriter.balancerGroup,
      port: HTTPS_PORT,
      why: 'webheads send commands',
    });
    this.allowFrom(webhead, 'Ring', {
      to: dataStack.ring.nodes,
      port: CQL_PORT,
      why: 'webheads read, with a login that cannot write',
    });
    this.allowFrom(webhead, 'Internet', {
      to: INTERNET,
      port: HTTPS_PORT,
      why: 'webheads push to the servers of devices',
    });
    this.allowFrom(dbwriter, 'Ring', { to: dataStack.ring.nodes, port: CQL_PORT, why: 'dbwriters read and write' });
    this.allowFrom(dbwriter, 'RingBalancer', {
      to: dataStack.ring.balancerGroup,
      port: CQL_PORT,
      why: 'sessions of operators through a dbwriter',
    });
    if (environment.mail.via === 'ses') {
      this.allowFrom(dbwriter, 'Internet', {
        to: INTERNET,
        port: HTTPS_PORT,
        why: 'dbwriters send mail and read bounces',
      });
    } else {
      const sink = { cidr: kindCidr(primaryRegion(environment), 'generator') };
      this.allowFrom(dbwriter, 'MailSink', { to: sink, port: SMTP_PORT, why: 'mails of a load test end in the sink' });
    }
  }

  private allowFrom(cluster: Cluster, to: string, flow: Omit<Parameters<typeof allow>[2], 'from'>): void {
    allow(cluster, `MachinesTo${to}`, { from: cluster.machines, ...flow });
  }
}
