// Jest's reporter that ends a run with one plain line, for programs that read it; with CI=true a skipped test fails the run.

const { writeSync } = require('node:fs');

const STANDARD_OUTPUT = 1;

class ClosingLineReporter {
  onRunComplete(_contexts, results) {
    const passed = results.numPassedTests;
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    this.skippedInCi = process.env.CI === 'true' && skipped > 0;
    // After what other reporters still have to say.
    process.once('exit', () => {
      if (this.skippedInCi) print(`CI=true allows no skipped test, and ${skipped} were skipped`);
      print(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
    });
  }

  getLastError() {
    return this.skippedInCi ? new Error('a test was skipped in CI') : undefined;
  }
}

function print(line) {
  writeSync(STANDARD_OUTPUT, `${line}\n`);
}

module.exports = ClosingLineReporter;
