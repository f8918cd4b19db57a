/** The page on which a person makes an account, sees it, and ends it. The session lives as long as the page. */

import type { AccountsClient, Session } from '../../../client/client.ts';
import { AccountsError } from '../../../client/errors.ts';
import { act, element, field, newPassword, onSubmit, Refusal } from './form.ts';
import { message } from './messages.ts';

export function runAccountPage(client: AccountsClient): void {
  let current: { session: Session; email: string } | undefined;

  const show = async (): Promise<void> => {
    element('signed-out').hidden = current !== undefined;
    element('signed-in').hidden = current === undefined;
    if (current === undefined) {
      element('sign-in').querySelector('input')?.focus();
      return;
    }
    const { sessionToken } = current.session;
    const [{ email, verified }, devices] = await Promise.all([
      client.emailStatus(sessionToken),
      client.devices(sessionToken),
    ]);
    element('who').textContent = email;
    element('verified').textContent = message(verified ? 'isVerified' : 'isUnverified');
    element('resend').hidden = verified;
    element('no-devices').hidden = devices.length > 0;
    element('devices').replaceChildren(
      ...devices.map(({ name, type, isCurrentDevice }) => {
        const item = document.createElement('li');
        item.textContent = `${name} (${type})${isCurrentDevice ? `, ${message('thisDevice')}` : ''}`;
        return item;
      }),
    );
    element('who').focus();
  };

  /** Another device may end the session at any moment: a password set there, or the account deleted. */
  const inSession = async (action: (signedIn: { session: Session; email: string }) => Promise<string>) => {
    if (current === undefined) return '';
    try {
      return await action(current);
    } catch (error) {
      if (!(error instanceof AccountsError && error.is('INVALID_TOKEN'))) throw error;
      current = undefined;
      await show();
      throw new Refusal(message('sessionEnded'));
    }
  };

  onSubmit('sign-in', async (fields, pressed) => {
    const credentials = { email: field(fields, 'email'), password: field(fields, 'password') };
    const signsUp = pressed === 'sign-up';
    const session = await (signsUp ? client.createAccount(credentials) : client.login(credentials));
    current = { session, email: credentials.email };
    element<HTMLFormElement>('sign-in').reset();
    await show();
    return signsUp ? message('signedUp') : '';
  });

  onSubmit('change', (fields) =>
    inSession(async ({ session: { sessionToken }, email }) => {
      const oldPassword = field(fields, 'oldPassword');
      const passwords = { oldPassword, newPassword: newPassword(fields) };
      const session = await client.changePassword({ email, ...passwords, sessionToken });
      if (session !== undefined) current = { session, email };
      element<HTMLFormElement>('change').reset();
      await show();
      return message('passwordChanged');
    }),
  );

  onSubmit('destroy', (fields) =>
    inSession(async ({ email }) => {
      await client.destroyAccount({ email, password: field(fields, 'password') });
      current = undefined;
      element<HTMLFormElement>('destroy').reset();
      await show();
      return message('destroyed');
    }),
  );

  const button = (id: string, action: (session: Session) => Promise<string>) => {
    const pressed = element<HTMLButtonElement>(id);
    pressed.addEventListener('click', () => void act([pressed], () => inSession(({ session }) => action(session))));
  };
  button('resend', async ({ sessionToken }) => {
    await client.resendVerifyCode(sessionToken);
    return message('mailSent');
  });
  button('sign-out', async ({ sessionToken }) => {
    await client.destroySession(sessionToken);
    current = undefined;
    await show();
    return '';
  });
}
