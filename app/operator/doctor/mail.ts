/** Whether Amazon SES lets an account send to everybody: a new account may only write to addresses that it proved to own. */

import { resourcesOf } from '../assembly.ts';
import { bounded, using } from '../aws.ts';
import { type Check, eachOf, type Finding, regionsOf } from './finding.ts';

const IDENTITY = 'AWS::SES::EmailIdentity';

export const mailCheck: Check = {
  name: 'mail',
  async run({ stacks }) {
    const sending = regionsOf(resourcesOf(stacks, IDENTITY).map(({ stack }) => stack));
    const { GetAccountCommand, SESv2Client } = (await import('@aws-sdk/client-sesv2')).default;
    return eachOf(sending, {
      subject: subjectOf,
      find: (region) =>
        using(new SESv2Client({ region }), async (client): Promise<Finding> => {
          const account = await client.send(new GetAccountCommand(), bounded());
          const { ProductionAccessEnabled: production, SendingEnabled: sends, SendQuota: quota } = account;
          const subject = subjectOf(region);
          if (production !== true) {
            const detail = 'the account is in the sandbox of SES: people would get no mail';
            const remedy = `ask for production access in ${region}: SES console, Account dashboard, or aws sesv2 put-account-details`;
            return { subject, verdict: 'fault', detail, remedy };
          }
          if (sends !== true) {
            const remedy = `SES console in ${region}, Account dashboard, says why`;
            return { subject, verdict: 'fault', detail: 'AWS has paused sending', remedy };
          }
          return {
            subject,
            verdict: 'ok',
            detail: `${quota?.Max24HourSend} mails a day, ${quota?.MaxSendRate} a second`,
          };
        }),
    });
  },
};

function subjectOf(region: string): string {
  return `mail ${region}`;
}
