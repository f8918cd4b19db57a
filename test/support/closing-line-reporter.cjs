// Jest's reporter that ends a run with one plain line, for programs that read it; with CI=true a skipped test fails the run.

class ClosingLineReporter {
  onRunComplete(_contexts, results) {
    const {
      numPassedTests: passed,
      numFailedTests: failed,
      numPendingTests: skipped,
      numRuntimeErrorTestSuites: broken,
    } = results;
    this.skippedInCi = process.env.CI === 'true' && skipped > 0;
    if (this.skippedInCi) console.log(`CI=true allows no skipped test, and ${skipped} were skipped`);
    console.log(`${passed} passed, ${failed + broken} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  }

  getLastError() {
    return this.skippedInCi ? new Error('a test was skipped in CI') : undefined;
  }
}

module.exports = ClosingLineReporter;
