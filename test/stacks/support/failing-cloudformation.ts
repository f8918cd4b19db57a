/** A CloudFormation whose deletions fail afterwards, with events, as AWS's do and moto's never: moto refuses at once or not at all. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FailingCloudFormation {
  readonly url: string;
  /** How often a stack was asked to go. */
  readonly asked: (stack: string) => number;
  stop(): Promise<void>;
}

/**
 * Serves any stack that is asked for.
 * @param failures how many deletions of a stack fail before one succeeds, by its name. @default none
 * @param reason why a resource of it does not go.
 */
export async function serveFailing(
  failures: Readonly<Record<string, number>>,
  reason: string,
): Promise<FailingCloudFormation> {
  const asked = new Map<string, number>();
  const timesAsked = (name: string) => asked.get(name) ?? 0;
  const status = (name: string) => {
    if (timesAsked(name) === 0) return 'CREATE_COMPLETE';
    return timesAsked(name) <= (failures[name] ?? 0) ? 'DELETE_FAILED' : 'DELETE_COMPLETE';
  };
  const arnOf = (name: string) => `arn:aws:cloudformation:us-east-1:123456789012:stack/${name}/1`;
  const event = (id: string, physicalId: string, state: string, why: string) =>
    `<member><EventId>1</EventId><StackId>x</StackId><StackName>x</StackName><LogicalResourceId>${id}</LogicalResourceId><PhysicalResourceId>${physicalId}</PhysicalResourceId><ResourceStatus>${state}</ResourceStatus><ResourceStatusReason>${why}</ResourceStatusReason><Timestamp>2026-01-01T00:00:00Z</Timestamp></member>`;
  const answers: Readonly<Record<string, (name: string) => string>> = {
    DescribeStacks: (name) =>
      `<Stacks><member><StackId>${arnOf(name)}</StackId><StackName>${name}</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>${status(name)}</StackStatus></member></Stacks>`,
    DeleteStack: (name) => {
      asked.set(name, timesAsked(name) + 1);
      return '';
    },
    // The newest first. What failed before the last attempt, and what follows from the first failure, explains nothing.
    DescribeStackEvents: (name) =>
      `<StackEvents>${[
        event('x', arnOf(name), 'DELETE_FAILED', 'The following resource(s) failed to delete: [Queue, Topic].'),
        event('Queue', 'queue', 'DELETE_FAILED', 'Resource deletion cancelled'),
        event('Topic', 'topic', 'DELETE_FAILED', reason),
        event('x', arnOf(name), 'DELETE_IN_PROGRESS', 'User Initiated'),
        event('Old', 'old', 'DELETE_FAILED', 'an earlier attempt'),
      ].join('')}</StackEvents>`,
  };
  const server = createServer(async (request, response) => {
    const body = new URLSearchParams(Buffer.concat(await request.toArray()).toString());
    const action = body.get('Action') ?? '';
    const [, name = ''] = /^(?:arn:.*:stack\/)?([^/]+)/.exec(body.get('StackName') ?? '') ?? [];
    const content = answers[action]?.(name) ?? '';
    response.setHeader('content-type', 'text/xml');
    response.end(`<${action}Response><${action}Result>${content}</${action}Result></${action}Response>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: timesAsked,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
