/** What the pages say after an action, in the page's language. */

import { SERVICE_ERRORS } from '../../../accounts/service-errors.ts';
import { AccountsError } from '../../../client/errors.ts';

const ENGLISH = {
  working: 'One moment…',
  verified: 'Your account is active. You can close this page.',
  unlocked: 'Your account is open again. You can close this page.',
  passwordSet: 'Your new password is set. Sign in with it on your devices.',
  passwordChanged: 'Your password is changed.',
  mailSent: 'Look into your mailbox: we sent you a link.',
  signedUp: 'Your account is made. Look into your mailbox to activate it.',
  destroyed: 'Your account is deleted.',
  isVerified: 'The address is verified.',
  isUnverified: 'The address is not verified yet.',
  thisDevice: 'this device',
  linkBroken: 'This link is incomplete. Open it again from the mail.',
  passwordsDiffer: 'The two passwords differ.',
  codeUsed: 'This link is not valid any more. Ask for a new one.',
  unknownAccount: 'There is no account with this address.',
  wrongPassword: 'The password is not right.',
  accountExists: 'There is an account with this address already. Sign in instead.',
  locked: 'The account is locked. Look into your mailbox for the link that opens it.',
  tooMany: 'Too many tries. Wait a while, then try again.',
  unverified: 'Activate your account first: follow the link that we mailed you.',
  mustReset: 'This account needs a new password. Ask for a link to reset it.',
  sessionEnded: 'You were signed out. Sign in again.',
  continueTo: 'Continue to',
  failed: 'That did not work. Try again in a moment.',
};
type MessageName = keyof typeof ENGLISH;

const BRAZILIAN_PORTUGUESE: Record<MessageName, string> = {
  working: 'Um momento…',
  verified: 'Sua conta está ativa. Você pode fechar esta página.',
  unlocked: 'Sua conta está desbloqueada. Você pode fechar esta página.',
  passwordSet: 'Sua nova senha está definida. Entre com ela nos seus dispositivos.',
  passwordChanged: 'Sua senha foi alterada.',
  mailSent: 'Veja sua caixa de entrada: enviamos um link.',
  signedUp: 'Sua conta foi criada. Veja sua caixa de entrada para ativá-la.',
  destroyed: 'Sua conta foi excluída.',
  isVerified: 'O endereço está confirmado.',
  isUnverified: 'O endereço ainda não foi confirmado.',
  thisDevice: 'este dispositivo',
  linkBroken: 'Este link está incompleto. Abra-o de novo a partir do e-mail.',
  passwordsDiffer: 'As duas senhas são diferentes.',
  codeUsed: 'Este link não é mais válido. Peça um novo.',
  unknownAccount: 'Não há conta com este endereço.',
  wrongPassword: 'A senha não está certa.',
  accountExists: 'Já existe uma conta com este endereço. Entre com ela.',
  locked: 'A conta está bloqueada. Veja sua caixa de entrada para o link que a desbloqueia.',
  tooMany: 'Tentativas demais. Espere um pouco e tente de novo.',
  unverified: 'Ative sua conta primeiro: siga o link que enviamos por e-mail.',
  mustReset: 'Esta conta precisa de uma nova senha. Peça um link para redefini-la.',
  sessionEnded: 'Sua sessão terminou. Entre de novo.',
  continueTo: 'Continuar para',
  failed: 'Não deu certo. Tente de novo em um momento.',
};

const MESSAGES = document.documentElement.lang === 'pt-BR' ? BRAZILIAN_PORTUGUESE : ENGLISH;

export function message(name: MessageName): string {
  return MESSAGES[name];
}

const BY_ERRNO: ReadonlyMap<number, MessageName> = new Map([
  [SERVICE_ERRORS.ACCOUNT_EXISTS.errno, 'accountExists'],
  [SERVICE_ERRORS.UNKNOWN_ACCOUNT.errno, 'unknownAccount'],
  [SERVICE_ERRORS.INCORRECT_PASSWORD.errno, 'wrongPassword'],
  [SERVICE_ERRORS.INCORRECT_EMAIL_CASE.errno, 'wrongPassword'],
  [SERVICE_ERRORS.INVALID_VERIFICATION_CODE.errno, 'codeUsed'],
  [SERVICE_ERRORS.INVALID_TOKEN.errno, 'codeUsed'],
  [SERVICE_ERRORS.TOO_MANY_REQUESTS.errno, 'tooMany'],
  [SERVICE_ERRORS.ACCOUNT_LOCKED.errno, 'locked'],
  [SERVICE_ERRORS.UNVERIFIED_ACCOUNT.errno, 'unverified'],
  [SERVICE_ERRORS.ACCOUNT_MUST_BE_RESET.errno, 'mustReset'],
]);

/** What a person is told of a failure. */
export function failureMessage(error: unknown): string {
  return message((error instanceof AccountsError ? BY_ERRNO.get(error.errno) : undefined) ?? 'failed');
}
