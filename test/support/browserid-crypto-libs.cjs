// The arithmetic of browserid-crypto. The package joins these files when it is installed; our installs run no package's scripts, so it is done here.

const { readFileSync } = require('node:fs');
const { dirname, join } = require('node:path');

const folder = join(dirname(require.resolve('browserid-crypto/package.json')), 'libs');
const names = readFileSync(join(folder, 'package.txt'), 'utf8').split(/\r?\n/).filter(Boolean);
const source = names.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
new Function('exports', 'require', source)(exports, require);
