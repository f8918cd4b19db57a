/** Forms and their status line: one action at a time, and its outcome told to eyes and to screen readers. */

import { failureMessage, message } from './messages.ts';

/** An outcome that a person can mend; the text is shown as it is. */
export class Refusal extends Error {}

export function element<Kind extends HTMLElement>(id: string): Kind {
  const found = document.getElementById(id);
  if (found === null) throw new RangeError(`the page has no #${id}`);
  return found as Kind;
}

function tell(text: string, { refused = false }: { refused?: boolean } = {}): void {
  const status = element('status');
  status.textContent = text;
  status.classList.toggle('refused', refused);
}

/** Runs an action with its buttons disabled; it returns what to say in the end. */
export async function act(buttons: readonly HTMLButtonElement[], action: () => Promise<string>): Promise<void> {
  const focused = document.activeElement;
  for (const button of buttons) button.disabled = true;
  tell(message('working'));
  try {
    tell(await action());
  } catch (error) {
    tell(error instanceof Refusal ? error.message : failureMessage(error), { refused: true });
  } finally {
    for (const button of buttons) button.disabled = false;
    restoreFocus(focused);
  }
}

/** A disabled button loses the focus, and a hidden form takes it along: who uses the keyboard goes on where they were, or at the outcome. */
function restoreFocus(focused: Element | null): void {
  const { activeElement, body } = document;
  if (activeElement !== body && activeElement !== focused) return;
  const isShown = focused instanceof HTMLElement && focused !== body && focused.offsetParent !== null;
  (isShown ? focused : element('status')).focus();
}

/** Runs an action whenever a form is sent; `pressed` is the value of the button. */
export function onSubmit(id: string, action: (fields: FormData, pressed: string) => Promise<string>): void {
  const form = element<HTMLFormElement>(id);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const pressed = event.submitter instanceof HTMLButtonElement ? event.submitter.value : '';
    const fields = new FormData(form);
    void act([...form.querySelectorAll('button')], () => action(fields, pressed));
  });
}

/** A field's text. */
export function field(fields: FormData, name: string): string {
  return String(fields.get(name) ?? '');
}

/** The new password, typed twice. @throws Refusal when the two differ */
export function newPassword(fields: FormData): string {
  const password = field(fields, 'newPassword');
  if (password !== field(fields, 'again')) throw new Refusal(message('passwordsDiffer'));
  return password;
}
