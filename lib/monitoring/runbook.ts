/** Where people read what an alarm means: every alarm leads to one article of the runbook. */

const RUNBOOK = 'docs/runbook.md';

/** What an alarm's description ends with. @param article the heading of its article. */
export function whatToDo(article: string): string {
  return `What to do: ${RUNBOOK}#${anchorOf(article)}`;
}

/** As the places where the runbook is read make anchors of headings. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');
}
