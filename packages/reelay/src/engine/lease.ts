import type { Claim, Store } from '../store/store.ts'
import type { EngineContext } from './context.ts'

/** Part of the lease after which it is renewed. */
const RENEW_SHARE = 1 / 3
/** The billable request may only leave while at least this part of the lease is left. */
const SEND_SHARE = 1 / 2

/** A task held by this process. */
export interface Lease {
  /** Aborts when the lease is lost or the engine stops. */
  readonly signal: AbortSignal
  /** Aborts when the time to stop is over: even a billable request is left alone now, its outcome unknown. */
  readonly giveUp: AbortSignal
  /** By the monotonic clock, so that no clock change can stretch a lease: whether it is still safe to spend money. */
  mayStillSend(): boolean
  end(): Promise<void>
}

type Holder = Pick<EngineContext, 'clock' | 'leaseMs' | 'log' | 'observer'> & { store: Pick<Store, 'renew'> }

/** Renews a claim until it is ended, and says so when it was lost. */
export function holdLease(
  context: Holder,
  claim: Claim,
  stop: AbortSignal,
  giveUp: AbortSignal = stop,
): Lease {
  const { clock, leaseMs, store, log, observer } = context
  const lost = new AbortController()
  const over = new AbortController()
  let heldSinceMs = clock.monotonicMs()
  const renewals = (async () => {
    while (!over.signal.aborted) {
      await clock.sleep(leaseMs * RENEW_SHARE, over.signal)
      if (over.signal.aborted) return
      const askedAtMs = clock.monotonicMs()
      const renewed = await store.renew(claim, leaseMs).catch(() => undefined)
      if (renewed === true) heldSinceMs = askedAtMs
      else if (renewed === false) {
        log.warn({ task: claim.taskId }, 'the lease was lost to another owner')
        observer.leaseLost()
        return lost.abort()
      }
    }
  })()
  return {
    signal: AbortSignal.any([stop, lost.signal]),
    giveUp,
    // What a stop finds unsent goes at the next start, rather than being given up half way.
    mayStillSend: () =>
      !lost.signal.aborted && !stop.aborted && clock.monotonicMs() - heldSinceMs < leaseMs * SEND_SHARE,
    end: async () => {
      over.abort()
      await renewals
    },
  }
}
