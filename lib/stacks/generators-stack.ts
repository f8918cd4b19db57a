/** What a load test needs beside the services: generators, and where its mails end. */

import type { Construct } from 'constructs';
import { twoRegionsOf } from '../../regions/derived.ts';
import { Generators } from '../generators/generators.ts';
import { allow } from '../network/security-group.ts';
import { INBOX_PORT, LOG_PORT } from '../ports.ts';
import { MailSink } from '../services/mail-sink.ts';
import type { LogsStack } from './logs-stack.ts';
import type { NetworkStack } from './network-stack.ts';
import { RegionStack, type RegionStackProps } from './region-stack.ts';

export interface GeneratorsStackProps extends RegionStackProps {
  readonly networkStack: NetworkStack;
  readonly logsStack: LogsStack;
  readonly imageId: string;
}

export class GeneratorsStack extends RegionStack {
  constructor(scope: Construct, props: GeneratorsStackProps) {
    const { environment, region, networkStack, logsStack, imageId } = props;
    super(scope, 'generators', props, `What makes the load of ${environment.name}, and where its mails end.`);
    const { generators: size } = twoRegionsOf(environment);
    if (size === undefined) throw new RangeError(`${environment.name} has no generators`);
    const shared = {
      environment,
      region,
      network: networkStack.network,
      endpoints: networkStack.endpoints.securityGroup,
      imageId,
    };
    const generators = new Generators(this, 'Generators', { ...shared, size });
    const sink = new MailSink(this, 'MailSink', shared);
    allow(this, 'GeneratorsToInbox', {
      from: generators.machines,
      to: sink.balancerGroup,
      port: INBOX_PORT,
      why: 'generators read the mails of their users',
    });
    const toLogs = { to: logsStack.routers.balancerGroup, port: LOG_PORT, why: 'lines go to the log routers' };
    allow(this, 'GeneratorsToLogs', { from: generators.machines, ...toLogs });
    allow(this, 'SinkToLogs', { from: sink.machines, ...toLogs });
  }
}
