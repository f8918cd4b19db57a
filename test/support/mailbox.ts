/** Reading the mail sink over HTTP, as existing client suites do. */

export interface SunkMail {
  readonly headers: Readonly<Record<string, string>>;
  readonly html: string;
  readonly text: string;
  readonly subject: string;
  readonly to: string;
}

/** Waits until the box of an address holds so many mails. */
export async function mailsOf(mailUrl: string, email: string, count: number): Promise<readonly SunkMail[]> {
  const [localPart = ''] = email.split('@');
  const deadline = Date.now() + 10_000;
  for (;;) {
    const response = await fetch(`${mailUrl}/mail/${encodeURIComponent(localPart)}?wait=0`);
    const mails = (await response.json()) as SunkMail[];
    if (mails.length >= count) return mails;
    if (Date.now() > deadline) throw new Error(`${localPart} got ${mails.length} mails of ${count}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The newest mail of an address, once there are so many. */
export async function lastMailOf(mailUrl: string, email: string, count = 1): Promise<SunkMail> {
  const mail = (await mailsOf(mailUrl, email, count)).at(-1);
  if (mail === undefined) throw new Error('no mail');
  return mail;
}
