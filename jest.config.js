/** Files run fastest first, so that a broken rule shows in seconds. */
export default {
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  moduleFileExtensions: ['ts', 'js', 'cjs', 'mjs', 'json'],
  transform: { '^.+\\.ts$': '<rootDir>/test/support/esbuild-transform.cjs' },
  moduleNameMapper: { '^(?:\\.\\./)+libs/(?:all|minimal)$': '<rootDir>/test/support/browserid-crypto-libs.cjs' },
  testSequencer: '<rootDir>/test/support/fastest-first.cjs',
  reporters: ['default', '<rootDir>/test/support/closing-line-reporter.cjs'],
  testTimeout: 30_000,
  maxWorkers: 2,
};
