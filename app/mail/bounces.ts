/** Bounces and complaints, as SES reports them: by way of SNS into a queue that is read here. */

import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import type { Log } from '../platform/log.ts';

const LONG_POLL_SECONDS = 20;
const MESSAGES_A_POLL = 10;
const RETRY_MS = 5000;

const recipients = z.array(z.object({ emailAddress: z.string().max(320) })).max(100);

const bounce = z.object({ bounceType: z.string(), bouncedRecipients: recipients });
const complaint = z.object({ complainedRecipients: recipients });

/** What SES gives to SNS, as an identity tells it, and as a configuration set does; members that we do not read are let be. */
const sesNotification = z.union([
  z.object({ notificationType: z.literal('Bounce'), bounce }),
  z.object({ notificationType: z.literal('Complaint'), complaint }),
  z.object({ eventType: z.literal('Bounce'), bounce }),
  z.object({ eventType: z.literal('Complaint'), complaint }),
]);
const snsEnvelope = z.object({ Message: z.string() });

export interface BounceNotice {
  readonly kind: 'bounce' | 'complaint';
  readonly email: string;
}

/** What a queue's message says of addresses: nothing for a bounce that may pass, undefined for what is no notification. */
export function readBounceMessage(body: string): readonly BounceNotice[] | undefined {
  try {
    const outer: unknown = JSON.parse(body);
    const envelope = snsEnvelope.safeParse(outer);
    const parsed = sesNotification.safeParse(envelope.success ? JSON.parse(envelope.data.Message) : outer);
    if (!parsed.success) return undefined;
    return noticesOf(parsed.data);
  } catch {
    return undefined;
  }
}

function noticesOf(notification: z.infer<typeof sesNotification>): readonly BounceNotice[] {
  if ('complaint' in notification) {
    return notification.complaint.complainedRecipients.map(({ emailAddress: email }) => ({ kind: 'complaint', email }));
  }
  const { bounceType, bouncedRecipients } = notification.bounce;
  return bounceType === 'Permanent'
    ? bouncedRecipients.map(({ emailAddress: email }) => ({ kind: 'bounce', email }))
    : [];
}

/**
 * Reads the queue until stopped. A message leaves the queue only after it was dealt with, so one whose handling fails comes
 * again; one that is no notification would for ever, and is removed.
 */
export async function pollBounces({
  queueUrl,
  region,
  log,
  onBounce,
}: {
  queueUrl: string;
  region: string;
  log: Log;
  onBounce: (notice: BounceNotice) => Promise<void>;
}): Promise<{ stop(): Promise<void> }> {
  const { default: sqs } = await import('@aws-sdk/client-sqs');
  const { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } = sqs;
  const client = new SQSClient({ region });
  const stopping = new AbortController();
  const { signal } = stopping;

  const handle = async ({ Body, ReceiptHandle }: { Body?: string | undefined; ReceiptHandle?: string | undefined }) => {
    const notices = readBounceMessage(Body ?? '');
    if (notices === undefined) log.warn('a message in the queue of bounces is no notification');
    for (const notice of notices ?? []) await onBounce(notice);
    await client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
  };

  const poll = async () => {
    while (!signal.aborted) {
      try {
        const request = {
          QueueUrl: queueUrl,
          MaxNumberOfMessages: MESSAGES_A_POLL,
          WaitTimeSeconds: LONG_POLL_SECONDS,
        };
        const { Messages = [] } = await client.send(new ReceiveMessageCommand(request), { abortSignal: signal });
        for (const message of Messages) await handle(message);
      } catch (error) {
        if (signal.aborted) return;
        log.error({ err: error }, 'the queue of bounces cannot be read');
        await wait(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  };

  const polling = poll();
  return {
    stop: async () => {
      stopping.abort();
      await polling;
      client.destroy();
    },
  };
}
