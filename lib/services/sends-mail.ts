/** The right to send mail in the operator's name, and to hear of what came back. */

import type { Environment, Region } from '../../regions/schema.ts';
import { allowed, type PolicyStatement } from '../machine/policy.ts';
import { bounceQueueArn } from '../names.ts';

/** None where mails end in a sink. */
export function sendsMail(environment: Environment, region: Region): readonly PolicyStatement[] {
  const { name, account, publicZone, mail } = environment;
  if (mail.via === 'sink') return [];
  const ses = `arn:aws:ses:${region.name}:${account}`;
  return [
    allowed(
      ['ses:SendEmail', 'ses:SendRawEmail'],
      [`${ses}:identity/${publicZone.name}`, `${ses}:configuration-set/${name}`],
      {
        StringEquals: { 'ses:FromAddress': mail.sender },
      },
    ),
    allowed(['sqs:ReceiveMessage', 'sqs:DeleteMessage'], [bounceQueueArn(environment, region)]),
  ];
}
