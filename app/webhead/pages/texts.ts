/** The words of the pages, in the languages that we have them in. The browser's script brings those that it needs. */

import Negotiator from 'negotiator';

export type PageLanguage = 'en' | 'pt-BR';

/** The language of ours that suits a visitor best; English when none does. */
export function pageLanguage(acceptLanguage: string | undefined): PageLanguage {
  if (acceptLanguage === undefined) return 'en';
  const [best] = new Negotiator({ headers: { 'accept-language': acceptLanguage } }).languages(['en', 'pt-BR', 'pt']);
  return best === 'pt-BR' || best === 'pt' ? 'pt-BR' : 'en';
}

const ENGLISH = {
  noScript: 'These pages derive your keys in your browser, so they need JavaScript.',
  email: 'E-mail',
  password: 'Password',
  newPassword: 'New password',
  newPasswordAgain: 'New password again',
  passwordHint: 'At least 8 characters.',
  accountTitle: 'Your account',
  accountIntro: 'Sign in, or make an account. Your password never leaves this browser.',
  signIn: 'Sign in',
  signUp: 'Make an account',
  forgotLink: 'Forgot your password?',
  signedInAs: 'Signed in as',
  devices: 'Devices',
  noDevices: 'No device is connected to this account.',
  changePassword: 'Change password',
  oldPassword: 'Current password',
  signOut: 'Sign out',
  resendCode: 'Mail the code again',
  destroy: 'Delete this account',
  destroyWarning: 'This ends the account on all devices. It cannot be undone.',
  forgotTitle: 'Reset your password',
  forgotIntro: 'We mail you a link. Who resets the password gets new keys: what only the old ones open is lost.',
  sendLink: 'Mail me the link',
  resetTitle: 'Choose a new password',
  resetIntro: 'Your devices will ask you to sign in again.',
  reset: 'Set password',
  verifyTitle: 'Activate your account',
  verifyIntro: 'One press proves that this address is yours.',
  verify: 'Activate now',
  unlockTitle: 'Unlock your account',
  unlockIntro: 'There were too many wrong passwords. One press opens your account again.',
  unlock: 'Unlock account',
} as const;

export type PageTexts = Readonly<Record<keyof typeof ENGLISH, string>>;

const BRAZILIAN_PORTUGUESE: PageTexts = {
  noScript: 'Estas páginas derivam suas chaves no seu navegador e por isso precisam de JavaScript.',
  email: 'E-mail',
  password: 'Senha',
  newPassword: 'Nova senha',
  newPasswordAgain: 'Nova senha novamente',
  passwordHint: 'Pelo menos 8 caracteres.',
  accountTitle: 'Sua conta',
  accountIntro: 'Entre ou crie uma conta. Sua senha nunca sai deste navegador.',
  signIn: 'Entrar',
  signUp: 'Criar uma conta',
  forgotLink: 'Esqueceu sua senha?',
  signedInAs: 'Você entrou como',
  devices: 'Dispositivos',
  noDevices: 'Nenhum dispositivo está conectado a esta conta.',
  changePassword: 'Alterar senha',
  oldPassword: 'Senha atual',
  signOut: 'Sair',
  resendCode: 'Enviar o código novamente',
  destroy: 'Excluir esta conta',
  destroyWarning: 'Isto encerra a conta em todos os dispositivos. Não pode ser desfeito.',
  forgotTitle: 'Redefinir sua senha',
  forgotIntro:
    'Enviamos um link por e-mail. Quem redefine a senha recebe novas chaves: o que só as antigas abrem se perde.',
  sendLink: 'Enviar o link',
  resetTitle: 'Escolha uma nova senha',
  resetIntro: 'Seus dispositivos vão pedir que você entre de novo.',
  reset: 'Definir senha',
  verifyTitle: 'Ative sua conta',
  verifyIntro: 'Um toque confirma que este endereço é seu.',
  verify: 'Ativar agora',
  unlockTitle: 'Desbloqueie sua conta',
  unlockIntro: 'Houve muitas senhas erradas. Um toque reabre sua conta.',
  unlock: 'Desbloquear conta',
};

export function pageTexts(language: PageLanguage): PageTexts {
  return language === 'pt-BR' ? BRAZILIAN_PORTUGUESE : ENGLISH;
}
