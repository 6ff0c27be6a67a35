/** What a call of a model came to. */
export type Called<Result> = { kind: 'answered'; result: Result } | { kind: 'thrown'; error: unknown }

/** Waits for a model's call, but never longer than `signal` allows: not every model minds it. */
export async function called<Result>(
  call: () => PromiseLike<Result>,
  signal: AbortSignal,
): Promise<Called<Result>> {
  const aborted = Promise.withResolvers<never>()
  const abort = (): void => aborted.reject(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  try {
    return { kind: 'answered', result: await Promise.race([call(), aborted.promise]) }
  } catch (error) {
    return { kind: 'thrown', error }
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
