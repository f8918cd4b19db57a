/** A person with a browser: the pages that mails link to, reached through the inbox. Slow: a real Chromium, real scrypt. */

import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { createAccountsClient } from '../../app/client/client.ts';
import { startBox, type TestBox } from '../support/box.ts';
import { hasBrowser, startBrowser } from '../support/browser.ts';
import { mailsOf } from '../support/mailbox.ts';

const PASSWORD = 'a long password';
const STEP_MS = 60_000;
const PRESSES_MAX = 3;
const PRESS_MS_MAX = 5000;

(hasBrowser() ? describe : describe.skip)('a person with a browser', () => {
  let box: TestBox;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const problems: string[] = [];

  beforeAll(async () => {
    [box, browser] = await Promise.all([startBox(), startBrowser()]);
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await box?.stop();
  }, STEP_MS);
  beforeEach(async () => {
    problems.length = 0;
    context = await browser.newContext({ locale: 'en-US' });
    page = await context.newPage();
    context.on('page', (opened) => opened.on('pageerror', (error) => problems.push(error.message)));
    context.on('console', (line) => {
      if (line.type() === 'error' && /Content Security Policy|Uncaught/.test(line.text())) problems.push(line.text());
    });
  });
  afterEach(async () => {
    expect(problems).toEqual([]);
    await context.close();
  });

  const client = () => createAccountsClient({ url: box.accountsUrl });
  const address = () => `${randomBytes(6).toString('hex')}@restmail.test`;
  const status = (text: string, on: Page = page) => on.getByRole('status').filter({ hasText: text }).waitFor();

  /** Opens the newest mail of an address in the inbox, and follows its link. */
  const followMail = async (email: string, subject: string, link: string): Promise<Page> => {
    // The inbox looks for new mail every few seconds: a press in that very moment is lost, and a person presses again.
    let isOpen = false;
    for (let presses = 1; !isOpen; presses += 1) {
      if (presses > PRESSES_MAX) throw new Error('the mail does not open');
      await page.goto(box.mailUrl);
      await page.getByRole('row', { name: email }).getByRole('link', { name: subject }).first().click();
      const opening = page.waitForURL('**/message/*', { timeout: PRESS_MS_MAX });
      isOpen = await opening.then(
        () => true,
        () => false,
      );
    }
    const [opened] = await Promise.all([
      context.waitForEvent('page'),
      page.frameLocator('iframe').getByRole('link', { name: link, exact: true }).click(),
    ]);
    return opened;
  };

  test(
    'signs up, reads the inbox, and activates the account by a press',
    async () => {
      const email = address();
      await page.goto(`${box.accountsUrl}/pages/`);
      await page.getByLabel('E-mail').fill(email);
      await page.locator('#sign-in').getByLabel('Password').fill(PASSWORD);
      await page.getByRole('button', { name: 'Make an account' }).click();
      await status('Look into your mailbox');
      await page.getByText('not verified yet').waitFor();

      const verify = await followMail(email, 'Verify your Firefox Account', 'Activate now');
      await verify.getByRole('button', { name: 'Activate now' }).waitFor();
      // The code is out of the address bar, and opening the page alone has spent nothing.
      expect(verify.url()).toBe(`${box.accountsUrl}/pages/v1/verify_email`);
      expect((await client().login({ email, password: PASSWORD })).verified).toBe(false);
      await verify.keyboard.press('Enter');
      await status('Your account is active', verify);
      expect((await client().login({ email, password: PASSWORD })).verified).toBe(true);
    },
    STEP_MS,
  );

  test(
    'sets a new password by mail, and the old one is refused',
    async () => {
      const email = address();
      await client().createAccount({ email, password: PASSWORD, preVerified: true });
      await page.goto(`${box.accountsUrl}/pages/reset_password`);
      await page.getByLabel('E-mail').fill(email);
      await page.getByRole('button', { name: 'Mail me the link' }).click();
      await status('Look into your mailbox');

      const reset = await followMail(email, 'Reset your Firefox Account password', 'Reset password');
      await reset.getByLabel('New password', { exact: true }).fill('the new password');
      await reset.getByLabel('New password again').fill('another password');
      await reset.getByRole('button', { name: 'Set password' }).click();
      await status('The two passwords differ', reset);
      await reset.getByLabel('New password again').fill('the new password');
      await reset.getByRole('button', { name: 'Set password' }).click();
      await status('Your new password is set', reset);
      await expect(client().login({ email, password: PASSWORD })).rejects.toMatchObject({ errno: 103 });
      expect((await client().login({ email, password: 'the new password' })).verified).toBe(true);
    },
    STEP_MS,
  );

  test(
    'opens a locked account by mail',
    async () => {
      const email = address();
      await client().createAccount({ email, password: PASSWORD, preVerified: true });
      await client().lockAccount({ email, password: PASSWORD });
      await expect(client().login({ email, password: PASSWORD })).rejects.toMatchObject({ errno: 121 });
      await client().sendUnlockCode(email);
      const unlock = await followMail(email, 'Re-verify your Firefox Account', 'Unlock account');
      await unlock.getByRole('button', { name: 'Unlock account' }).click();
      await status('Your account is open again', unlock);
      expect((await client().login({ email, password: PASSWORD })).verified).toBe(true);
    },
    STEP_MS,
  );

  test(
    'signs in, sees the devices, changes the password, and ends the account',
    async () => {
      const email = address();
      const { sessionToken } = await client().createAccount({ email, password: PASSWORD, preVerified: true });
      await client().putDevice(sessionToken, { name: 'My laptop', type: 'desktop' });
      await page.goto(`${box.accountsUrl}/pages/`);
      await page.getByLabel('E-mail').fill(email);
      await page.locator('#sign-in').getByLabel('Password').fill('not the password');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await status('The password is not right');
      await page.locator('#sign-in').getByLabel('Password').fill(PASSWORD);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('My laptop (desktop)').waitFor();

      await page.getByText('Change password').first().click();
      await page.getByLabel('Current password').fill(PASSWORD);
      await page.getByLabel('New password', { exact: true }).fill('the new password');
      await page.getByLabel('New password again').fill('the new password');
      await page.getByRole('button', { name: 'Change password' }).click();
      await status('Your password is changed');

      await page.getByText('Delete this account').first().click();
      await page.locator('#destroy').getByLabel('Password').fill('the new password');
      await page.getByRole('button', { name: 'Delete this account' }).click();
      await status('Your account is deleted');
      expect(await client().accountExists(email)).toBe(false);
    },
    STEP_MS,
  );

  test(
    'is told when a link is incomplete or was used up',
    async () => {
      await page.goto(`${box.accountsUrl}/pages/v1/verify_email?uid=abcd`);
      await page.getByRole('button', { name: 'Activate now' }).click();
      await status('This link is incomplete');
      const email = address();
      const { uid } = await client().createAccount({ email, password: PASSWORD });
      await mailsOf(box.mailUrl, email, 1);
      await page.goto(`${box.accountsUrl}/pages/v1/verify_email?uid=${uid}&code=${'0'.repeat(32)}`);
      await page.getByRole('button', { name: 'Activate now' }).click();
      await status('This link is not valid any more');
    },
    STEP_MS,
  );

  test(
    'is led on only by a press, and only to where the service leads',
    async () => {
      const email = address();
      const session = await client().createAccount({
        email,
        password: PASSWORD,
        redirectTo: 'https://support.firefox.com/after?a=1',
      });
      const verify = await followMail(email, 'Verify your Firefox Account', 'Activate now');
      await verify.getByRole('button', { name: 'Activate now' }).click();
      await status('Your account is active', verify);
      const onward = verify.getByRole('link', { name: 'Continue to support.firefox.com' });
      expect(await onward.getAttribute('href')).toBe('https://support.firefox.com/after?a=1');
      expect(verify.url()).toBe(`${box.accountsUrl}/pages/v1/verify_email`);

      for (const redirectTo of ['https://firefox.com.example.org/', 'javascript:alert(1)']) {
        const query = new URLSearchParams({ uid: session.uid, code: '0'.repeat(32), redirectTo });
        await page.goto(`${box.accountsUrl}/pages/v1/verify_email?${query}`);
        await page.getByRole('button', { name: 'Activate now' }).click();
        await status('Your account is active');
        expect(await page.locator('#onward').isVisible()).toBe(false);
        expect(await page.locator('#onward').getAttribute('href')).toBeNull();
      }
    },
    STEP_MS,
  );

  test(
    'is told to sign in again when another device ended the session, and keeps the place that the keyboard was at',
    async () => {
      const email = address();
      await client().createAccount({ email, password: PASSWORD, preVerified: true });
      await page.goto(`${box.accountsUrl}/pages/`);
      await page.getByLabel('E-mail').fill(email);
      await page.locator('#sign-in').getByLabel('Password').fill(PASSWORD);
      await page.keyboard.press('Enter');
      await page.getByText('The address is verified.').waitFor();
      expect(await page.locator('#who').evaluate((who) => who === document.activeElement)).toBe(true);
      await client().changePassword({ email, oldPassword: PASSWORD, newPassword: 'the new password' });
      await page.getByRole('button', { name: 'Sign out' }).focus();
      await page.keyboard.press('Enter');
      await status('You were signed out');
      expect(await page.getByLabel('E-mail').evaluate((field) => field === document.activeElement)).toBe(true);
    },
    STEP_MS,
  );

  test(
    'reads the pages in Portuguese when that is what the browser asks for',
    async () => {
      await context.close();
      context = await browser.newContext({ locale: 'pt-BR' });
      page = await context.newPage();
      await page.goto(`${box.accountsUrl}/pages/v1/verify_email`);
      expect(await page.locator('html').getAttribute('lang')).toBe('pt-BR');
      await page.getByRole('button', { name: 'Ativar agora' }).click();
      await status('Este link está incompleto');
    },
    STEP_MS,
  );
});
