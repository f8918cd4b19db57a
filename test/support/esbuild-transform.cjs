// Jest's transformer: types are stripped by esbuild; `tsc --noEmit` is what checks them.
const { transformSync, version } = require('esbuild');
const { createHash } = require('node:crypto');

const OPTIONS = { loader: 'ts', format: 'cjs', target: 'node24', sourcemap: 'inline' };

module.exports = {
  getCacheKey: (source, file) =>
    createHash('sha256')
      .update(version + JSON.stringify(OPTIONS) + file + source)
      .digest('hex'),
  process: (source, file) => ({ code: transformSync(source, { ...OPTIONS, sourcefile: file }).code }),
};
