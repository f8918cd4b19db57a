/** One project; files run fastest first (test/support/fastest-first.cjs), so that a broken rule shows in seconds. */
export default {
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  moduleFileExtensions: ['ts', 'js', 'cjs', 'mjs', 'json'],
  extensionsToTreatAsEsm: [],
  transform: { '^.+\\.[cm]?[jt]s$': '<rootDir>/test/support/esbuild-transform.cjs' },
  testTimeout: 30_000,
  maxWorkers: 2,
};
