/** The HTML of the pages: forms that work with a keyboard and a screen reader; what they do is the script's. */

import type { PageName } from './pages.ts';
import { type PageLanguage, type PageTexts, pageTexts } from './texts.ts';

export interface PageOptions {
  readonly page: PageName;
  readonly language: PageLanguage;
  readonly publicUrl: string;
  /** Hosts of it and below it are where a page may lead on to. */
  readonly redirectDomain: string;
  /** Path below which the pages are. */
  readonly base: string;
  /** Names of the built files. */
  readonly script: string;
  readonly style: string;
}

/** A whole page. Nothing of the request stands in it: codes and tokens are read by the script from the address alone. */
export function pageHtml(options: PageOptions): string {
  const { page, language, publicUrl, redirectDomain, base, script, style } = options;
  const texts = pageTexts(language);
  const { title, main } = PAGE_PARTS[page](texts, base);
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="stylesheet" href="${base}/assets/${style}">
<script type="module" src="${base}/assets/${script}"></script>
</head>
<body data-page="${page}" data-url="${publicUrl}" data-redirect-domain="${redirectDomain}">
<main>
<h1>${title}</h1>
<noscript><p class="notice">${texts.noScript}</p></noscript>
${main}
<p id="status" role="status" aria-live="polite" tabindex="-1"></p>
<p><a id="onward" rel="noreferrer" hidden></a></p>
</main>
</body>
</html>
`;
}

const PAGE_PARTS: Readonly<Record<PageName, (texts: PageTexts, base: string) => { title: string; main: string }>> = {
  account: (texts, base) => ({ title: texts.accountTitle, main: accountMain(texts, base) }),
  forgot: (texts) => ({
    title: texts.forgotTitle,
    main: `<p>${texts.forgotIntro}</p>
<form id="forgot">${emailField(texts)}<button type="submit">${texts.sendLink}</button></form>`,
  }),
  reset: (texts) => ({
    title: texts.resetTitle,
    main: `<p>${texts.resetIntro}</p>
<form id="reset">
<label>${texts.email}<input name="email" type="email" autocomplete="username" readonly></label>
${newPasswordFields(texts)}<button type="submit">${texts.reset}</button></form>`,
  }),
  verify: (texts) => ({
    title: texts.verifyTitle,
    main: `<p>${texts.verifyIntro}</p>\n<form id="verify"><button type="submit" autofocus>${texts.verify}</button></form>`,
  }),
  unlock: (texts) => ({
    title: texts.unlockTitle,
    main: `<p>${texts.unlockIntro}</p>\n<form id="unlock"><button type="submit" autofocus>${texts.unlock}</button></form>`,
  }),
};

function accountMain(texts: PageTexts, base: string): string {
  return `<section id="signed-out">
<p>${texts.accountIntro}</p>
<form id="sign-in">${emailField(texts)}
<label>${texts.password}<input name="password" type="password" autocomplete="current-password" required minlength="8" aria-describedby="password-hint"></label>
<p class="hint" id="password-hint">${texts.passwordHint}</p>
<p class="buttons"><button type="submit" name="action" value="sign-in">${texts.signIn}</button>
<button type="submit" name="action" value="sign-up" class="second">${texts.signUp}</button></p>
</form>
<p><a href="${base}/reset_password">${texts.forgotLink}</a></p>
</section>
<section id="signed-in" hidden>
<p>${texts.signedInAs} <strong id="who" tabindex="-1"></strong></p>
<p id="verified"></p>
<p class="buttons"><button type="button" id="resend" class="second" hidden>${texts.resendCode}</button>
<button type="button" id="sign-out" class="second">${texts.signOut}</button></p>
<h2>${texts.devices}</h2>
<ul id="devices"></ul><p id="no-devices">${texts.noDevices}</p>
<details><summary>${texts.changePassword}</summary>
<form id="change">
<label>${texts.oldPassword}<input name="oldPassword" type="password" autocomplete="current-password" required></label>
${newPasswordFields(texts)}<button type="submit">${texts.changePassword}</button></form></details>
<details><summary>${texts.destroy}</summary>
<p>${texts.destroyWarning}</p>
<form id="destroy">
<label>${texts.password}<input name="password" type="password" autocomplete="current-password" required></label>
<button type="submit" class="danger">${texts.destroy}</button></form></details>
</section>`;
}

function emailField(texts: PageTexts): string {
  return `<label>${texts.email}<input name="email" type="email" autocomplete="username" required autofocus maxlength="255"></label>`;
}

function newPasswordFields(texts: PageTexts): string {
  return `<label>${texts.newPassword}<input name="newPassword" type="password" autocomplete="new-password" required minlength="8" aria-describedby="new-password-hint"></label>
<label>${texts.newPasswordAgain}<input name="again" type="password" autocomplete="new-password" required minlength="8"></label>
<p class="hint" id="new-password-hint">${texts.passwordHint}</p>
`;
}
