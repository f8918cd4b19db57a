/** The words of the mails, in the languages that we have them in. */

import Negotiator from 'negotiator';
import type { Mail } from './mail.ts';

export interface MailText {
  readonly subject: string;
  readonly heading: string;
  readonly body: string;
  /** What the link says. */
  readonly action: string;
  /** What to do when one did not ask for this mail. */
  readonly footnote: string;
}

export type MailLanguage = 'en' | 'pt-BR';
type MailKind = Mail['kind'];

const ENGLISH: Record<MailKind, MailText> = {
  'verify-email': {
    subject: 'Verify your Firefox Account',
    heading: 'Ready to sync?',
    body: 'Activate your account by proving that this address is yours. Your devices can sync as soon as you have.',
    action: 'Activate now',
    footnote: 'You did not sign up? Then you need not do anything: without this step the account stays inactive.',
  },
  'email-verified': {
    subject: 'Firefox Account Verified',
    heading: 'Your account is active',
    body: 'Your address is verified. Connect your other devices to have your things on all of them.',
    action: 'Connect a device',
    footnote: 'This message is for your information; there is nothing that you must do.',
  },
  'reset-password': {
    subject: 'Reset your Firefox Account password',
    heading: 'Forgot your password?',
    body: 'Somebody, hopefully you, asked to reset the password of your account. The link works for an hour.',
    action: 'Reset password',
    footnote: 'You did not ask for this? Then delete this message; your password stays as it is.',
  },
  'password-reset': {
    subject: 'Your Firefox Account password has been reset',
    heading: 'Your reset code was used',
    body: 'The code that we mailed you to reset your password has been used. Devices will ask you to sign in again.',
    action: 'Reset it again',
    footnote: 'It was not you? Then somebody can read your mail: reset the password again, and secure your mailbox.',
  },
  'password-changed': {
    subject: 'Your Firefox Account password has been changed',
    heading: 'Your password was changed',
    body: 'The password of your account has been changed. Devices will ask you to sign in again.',
    action: 'Reset password',
    footnote: 'It was not you? Then reset your password at once.',
  },
  'unlock-account': {
    subject: 'Re-verify your Firefox Account',
    heading: 'Your account is locked',
    body: 'There were too many wrong passwords, so we locked your account. Prove that this address is yours to open it again.',
    action: 'Unlock account',
    footnote: 'If somebody else was guessing, a new, long password keeps them out.',
  },
};

const BRAZILIAN_PORTUGUESE: Record<MailKind, MailText> = {
  'verify-email': {
    subject: 'Confirme sua Conta Firefox',
    heading: 'Pronto para sincronizar?',
    body: 'Ative sua conta confirmando que este endereço é seu. Depois disso seus dispositivos já podem sincronizar.',
    action: 'Ativar agora',
    footnote: 'Você não criou uma conta? Então não precisa fazer nada: sem este passo a conta continua inativa.',
  },
  'email-verified': {
    subject: 'Conta Firefox confirmada',
    heading: 'Sua conta está ativa',
    body: 'Seu endereço foi confirmado. Conecte seus outros dispositivos para ter tudo em todos eles.',
    action: 'Conectar um dispositivo',
    footnote: 'Esta mensagem é apenas informativa; você não precisa fazer nada.',
  },
  'reset-password': {
    subject: 'Redefina a senha da sua Conta Firefox',
    heading: 'Esqueceu sua senha?',
    body: 'Alguém, esperamos que você, pediu para redefinir a senha da sua conta. O link vale por uma hora.',
    action: 'Redefinir senha',
    footnote: 'Não foi você? Então apague esta mensagem; sua senha continua a mesma.',
  },
  'password-reset': {
    subject: 'A senha da sua Conta Firefox foi redefinida',
    heading: 'Seu código foi usado',
    body: 'O código que enviamos para redefinir sua senha foi usado. Seus dispositivos vão pedir que você entre de novo.',
    action: 'Redefinir de novo',
    footnote: 'Não foi você? Então alguém lê seu e-mail: redefina a senha de novo e proteja sua caixa de entrada.',
  },
  'password-changed': {
    subject: 'A senha da sua Conta Firefox foi alterada',
    heading: 'Sua senha foi alterada',
    body: 'A senha da sua conta foi alterada. Seus dispositivos vão pedir que você entre de novo.',
    action: 'Redefinir senha',
    footnote: 'Não foi você? Então redefina sua senha agora mesmo.',
  },
  'unlock-account': {
    subject: 'Confirme novamente sua Conta Firefox',
    heading: 'Sua conta está bloqueada',
    body: 'Houve muitas senhas erradas, por isso bloqueamos sua conta. Confirme que este endereço é seu para desbloqueá-la.',
    action: 'Desbloquear conta',
    footnote: 'Se outra pessoa estava tentando adivinhar, uma senha nova e longa a mantém do lado de fora.',
  },
};

const TEXTS: Record<MailLanguage, Record<MailKind, MailText>> = { en: ENGLISH, 'pt-BR': BRAZILIAN_PORTUGUESE };

/** The language of ours that suits a client's Accept-Language best; English when none does. */
export function mailLanguage(acceptLanguage: string | undefined): MailLanguage {
  if (acceptLanguage === undefined) return 'en';
  const [best] = new Negotiator({ headers: { 'accept-language': acceptLanguage } }).languages(['en', 'pt-BR', 'pt']);
  return best === 'pt-BR' || best === 'pt' ? 'pt-BR' : 'en';
}

export function mailText(kind: MailKind, language: MailLanguage): MailText {
  return TEXTS[language][kind];
}
