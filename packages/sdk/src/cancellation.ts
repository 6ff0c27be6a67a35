import type { Clock } from './clock.ts'
import { ReelayAbortError, ReelayTimeoutError } from './errors.ts'

/** The caller's signal and a time limit, joined into one signal that knows which of the two fired. */
export interface Cancellation {
  readonly signal: AbortSignal
  /** The error to throw, or null when nothing fired. */
  error(): ReelayAbortError | ReelayTimeoutError | null
  /** Settles like `work`, or rejects with `error()` as soon as one of the two fires. */
  race<T>(work: Promise<T>): Promise<T>
  /** (Re)starts the time limit. `Infinity` means none. */
  arm(ms: number, message: string): void
  disarm(): void
  /** Stops the timer and lets go of the caller's signal. Call it when the work is over. */
  release(): void
}

// Own joining instead of AbortSignal.any and AbortSignal.timeout: the first is missing in Node 20.0, the
// second ignores an injected clock.
export function createCancellation(clock: Clock, caller: AbortSignal | undefined): Cancellation {
  const controller = new AbortController()
  let error: ReelayAbortError | ReelayTimeoutError | null = null
  let timer: AbortController | null = null
  const fire = (cause: ReelayAbortError | ReelayTimeoutError): void => {
    if (error !== null) return
    error = cause
    controller.abort(cause)
  }
  const expire = async (ms: number, stopped: AbortSignal, message: string): Promise<void> => {
    await clock.sleep(ms, stopped)
    if (!stopped.aborted) fire(new ReelayTimeoutError(message))
  }
  const onCallerAbort = (): void => fire(new ReelayAbortError(caller?.reason))
  const disarm = (): void => {
    timer?.abort()
    timer = null
  }
  if (caller?.aborted) onCallerAbort()
  else caller?.addEventListener('abort', onCallerAbort, { once: true })
  return {
    signal: controller.signal,
    error: () => error,
    race: (work) => raceAbort(work, controller.signal),
    arm: (ms, message) => {
      disarm()
      if (ms === Infinity || error !== null) return
      const stop = new AbortController()
      timer = stop
      void expire(ms, stop.signal, message)
    },
    disarm,
    release: () => {
      disarm()
      caller?.removeEventListener('abort', onCallerAbort)
    },
  }
}

// A fetch that ignores its signal, or a body that stalls, must not keep the caller waiting.
function raceAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
