/** The process of the box. */

import { runBox } from './box.ts';

// `npm start` tells since when it has been starting; run by itself, the box counts from its own beginning.
const { BOX_STARTED_AT = String(Date.now()), ...environment } = process.env;

await runBox({
  release: import.meta.dirname,
  parameters: process.argv.slice(2),
  environment,
  startedAt: Number(BOX_STARTED_AT),
});
