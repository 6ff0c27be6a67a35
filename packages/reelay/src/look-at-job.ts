import type { JobLook, JobReference } from './http/deps.ts'
import { ProbeUnavailable, type Provider } from './providers/provider.ts'
import type { Store } from './store/store.ts'
import type { Clock } from './system/clock.ts'

/** A look may be two questions. */
const LOOK_MS_MAX = 45_000

/**
 * One look at a job that was made elsewhere. It pauses no account whatever comes of it: an id that is somebody else's may be
 * answered like a wrong key.
 */
export async function lookAtJob(
  deps: { store: Pick<Store, 'pausedUntilMs'>; clock: Pick<Clock, 'nowMs'>; provider: Provider },
  { account, id, model, endpoint }: JobReference,
  signal: AbortSignal,
): Promise<JobLook> {
  const { store, clock, provider } = deps
  const operation = provider.operationOf?.(id, { model, endpoint })
  if (operation === undefined) return { kind: 'impossible' }
  if (typeof operation === 'string') return { kind: 'unclear', reason: operation }
  const untilMs = (await store.pausedUntilMs(account)) ?? 0
  if (untilMs > clock.nowMs()) return { kind: 'paused', untilMs }
  try {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(LOOK_MS_MAX)])
    const verdict = await provider.probe(operation, bounded)
    if (verdict.kind === 'gone') return { kind: 'absent' }
    return { kind: 'found', operation, verdict, deadlineMs: provider.traits.timing.deadlineMs }
  } catch (error) {
    const retryAfterMs = error instanceof ProbeUnavailable ? (error.pauseAccountMs ?? null) : null
    return {
      kind: 'unavailable',
      reason: error instanceof Error ? error.message : String(error),
      retryAfterMs,
    }
  }
}
