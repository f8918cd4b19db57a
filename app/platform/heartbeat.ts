/** Asking a costly question at most once in a while, however many want to know. */

/** The question was not answered in time. */
class AskTimedOut extends Error {
  override readonly name = 'AskTimedOut';
}

/**
 * Wraps a question so that callers within `everyMs` share one answer, or one failure, and none waits longer than `timeoutMs`.
 * A question that never settles is not asked again before its time is up.
 */
export function once<Answer>(
  { everyMs, timeoutMs, now }: { everyMs: number; timeoutMs: number; now: () => number },
  ask: () => Promise<Answer>,
): () => Promise<Answer> {
  let askedAt = Number.NEGATIVE_INFINITY;
  let answer: Promise<Answer> | undefined;
  let settled = true;
  return () => {
    if (answer === undefined || (settled && now() - askedAt >= everyMs)) {
      askedAt = now();
      settled = false;
      answer = withTimeout(ask(), timeoutMs).finally(() => {
        settled = true;
      });
      // Every caller handles the failure; this keeps one that nobody waits for from ending the process.
      answer.catch(() => undefined);
    }
    return answer;
  };
}

/** Rejects with AskTimedOut when `promise` has not settled in time. */
export function withTimeout<Value>(promise: Promise<Value>, timeoutMs: number): Promise<Value> {
  const { promise: timedOut, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new AskTimedOut(`no answer within ${timeoutMs} ms`)), timeoutMs);
  return Promise.race([promise, timedOut]).finally(() => clearTimeout(timer));
}
