/** `npm start`: builds the release of these sources, unless it is built, and runs the box from it. */

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR = 24;
const startedAt = Date.now() - Math.round(performance.now());

const [major = '0'] = process.versions.node.split('.');
if (Number(major) < NODE_MAJOR) {
  process.stderr.write(
    `Node ${process.versions.node} is too old: ${NODE_MAJOR} or later is needed. On Linux, npm ci brings it along.\n`,
  );
  process.exit(1);
}

const { buildRelease } = await import('./release.ts');
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { folder } = buildRelease({ root, releases: join(root, 'dist') });
// The box takes this process over: what the build needed is gone from memory, and signals reach the box itself.
const parameters = ['--disable-warning=ExperimentalWarning', join(folder, 'box.js'), ...process.argv.slice(2)];
process.execve?.(process.execPath, [process.execPath, ...parameters], {
  ...process.env,
  BOX_STARTED_AT: String(startedAt),
});
