/** The process of the box. */

import { runBox } from './box.ts';

// `npm start` tells since when it has been starting; run by itself, the box counts from its own beginning.
const startedAt = Number(process.env['BOX_STARTED_AT'] ?? Date.now());

await runBox({ release: import.meta.dirname, parameters: process.argv.slice(2), startedAt });
