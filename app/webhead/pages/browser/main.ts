/** The script of every page: it takes codes and tokens out of the address bar, and does what the page is for. */

import { type AccountsClient, createAccountsClient } from '../../../client/client.ts';
import { runAccountPage } from './account.ts';
import { element, field, newPassword, onSubmit, Refusal } from './form.ts';
import { message } from './messages.ts';

const { page = '', url = '' } = document.body.dataset;
const query = new URLSearchParams(location.search);
// What stays in the address bar stays in the history, and is shown to whoever looks over a shoulder.
history.replaceState(null, '', location.pathname);

/** A value of the mail's link. @throws Refusal when the link lacks it */
function ofLink(name: string): string {
  const value = query.get(name);
  if (value === null || value === '') throw new Refusal(message('linkBroken'));
  return value;
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
  onSubmit('reset', async (fields) => {
    const password = newPassword(fields);
    accountResetToken ??= await client.verifyForgotCode(ofLink('token'), ofLink('code'));
    await client.resetAccount({ accountResetToken, email: ofLink('email'), newPassword: password });
    element('reset').hidden = true;
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
      element('verify').hidden = true;
      return message('verified');
    }),
  unlock: (client) =>
    onSubmit('unlock', async () => {
      await client.unlockAccount({ uid: ofLink('uid'), code: ofLink('code') });
      element('unlock').hidden = true;
      return message('unlocked');
    }),
};

RUN[page]?.(createAccountsClient({ url }));
