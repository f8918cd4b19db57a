/** The script of every page: it takes codes and tokens out of the address bar, and does what the page is for. */

import { isRedirectUrl } from '../../../accounts/redirect-url.ts';
import { type AccountsClient, createAccountsClient } from '../../../client/client.ts';
import { runAccountPage } from './account.ts';
import { element, field, newPassword, onSubmit, Refusal } from './form.ts';
import { message } from './messages.ts';

/** A person waits here: better told soon that it did not work than kept. */
const RETRY_AFTER_MS_MAX = 5000;

const { page = '', url = '', redirectDomain = '' } = document.body.dataset;
const query = new URLSearchParams(location.search);
// What stays in the address bar stays in the history, and is shown to whoever looks over a shoulder.
history.replaceState(null, '', location.pathname);

/** A value of the mail's link. @throws Refusal when the link lacks it */
function ofLink(name: string): string {
  const value = query.get(name);
  if (value === null || value === '') throw new Refusal(message('linkBroken'));
  return value;
}

/**
 * Hides a form that has done its work, and offers the way on that the mail's link names. It is a link and no redirect, and the address is held to
 * the service's rule once more: whoever writes a link by hand could name any.
 */
function finish(form: string): void {
  element(form).hidden = true;
  const redirectTo = query.get('redirectTo') ?? '';
  if (!isRedirectUrl(redirectTo, redirectDomain)) return;
  const onward = element<HTMLAnchorElement>('onward');
  onward.href = redirectTo;
  onward.textContent = `${message('continueTo')} ${onward.hostname}`;
  onward.hidden = false;
}

function runForgotPage(client: AccountsClient): void {
  const given = query.get('email');
  const form = element<HTMLFormElement>('forgot');
  if (given !== null) form.querySelector('input')?.setAttribute('value', given);
  onSubmit('forgot', async (fields) => {
    await client.sendForgotCode(field(fields, 'email'));
    return message('mailSent');
  });
}

function runResetPage(client: AccountsClient): void {
  // A code is good for one reset token; when the reset itself fails, the next try goes on from there.
  let accountResetToken: string | undefined;
  element('reset')
    .querySelector('input')
    ?.setAttribute('value', query.get('email') ?? '');
  onSubmit('reset', async (fields) => {
    const password = newPassword(fields);
    accountResetToken ??= await client.verifyForgotCode(ofLink('token'), ofLink('code'));
    await client.resetAccount({ accountResetToken, email: ofLink('email'), newPassword: password });
    finish('reset');
    return message('passwordSet');
  });
}

const RUN: Readonly<Record<string, (client: AccountsClient) => void>> = {
  account: runAccountPage,
  forgot: runForgotPage,
  reset: runResetPage,
  verify: (client) =>
    onSubmit('verify', async () => {
      await client.verifyEmail({ uid: ofLink('uid'), code: ofLink('code') });
      finish('verify');
      return message('verified');
    }),
  unlock: (client) =>
    onSubmit('unlock', async () => {
      await client.unlockAccount({ uid: ofLink('uid'), code: ofLink('code') });
      finish('unlock');
      return message('unlocked');
    }),
};

RUN[page]?.(createAccountsClient({ url, retryAfterMsMax: RETRY_AFTER_MS_MAX }));
