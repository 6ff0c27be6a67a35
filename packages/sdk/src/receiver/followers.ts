import { atLeastZero } from '../at-least-zero.ts'
import { addCallback, hasFailed, newFollow, type Follow } from './follow.ts'
import { lookAtTask } from './look-at-task.ts'
import { ReceiverError } from './receiver-error.ts'
import { EVENT_ATTEMPTS_MAX, eventBackoffMs, type ReceiverParts } from './receiver-parts.ts'
import type { PollingOptions } from './receiver.ts'

const FIRST_MS_DEFAULT = 30_000
const PAUSE_MS_FIRST = 5_000
const PAUSE_GROWTH = 1.5
const PAUSE_MS_MAX_DEFAULT = 300_000
const GIVE_UP_MS_DEFAULT = 86_400_000
/** However many callbacks arrive, one task is looked at so often at most. */
const LOOK_GAP_MS_MIN = 1_000
/** From then on unknown tasks are refused with 503. */
const FOLLOWS_MAX = 10_000

/** Polls tasks until they end: one loop per task, bounded in time. */
export interface Followers {
  /** Begins to poll a task. No effect on one that is polled already. */
  follow(taskId: string): void
  /** Looks at a task at once, for the sake of a callback if there is one, and then goes on polling it. */
  look(taskId: string, callbackKey: string | null): Promise<void>
  /**
   * As `look`, for a callback that its sender repeats and that is not finished: failures are counted anew. No
   * effect while the task is polled without any.
   */
  lookAgain(taskId: string, callbackKey: string): Promise<void>
  /** The application knows the end of it. */
  end(taskId: string): void
  /** False when no further task can be followed. */
  hasRoomFor(taskId: string): boolean
  close(): void
}

export function createFollowers(parts: ReceiverParts, options: PollingOptions): Followers {
  const { firstMs, pauseMsMax, giveUpMs } = parsePolling(options)
  const follows = new Map<string, Follow>()
  const start = (taskId: string, afterMs: number): Follow => {
    const follow = newFollow(taskId, parts.clock.nowMs(), afterMs)
    follows.set(taskId, follow)
    return follow
  }
  const finish = (follow: Follow): void => {
    follow.isOver = true
    if (follows.get(follow.taskId) === follow) follows.delete(follow.taskId)
    follow.wake.abort()
  }
  const run = async (follow: Follow): Promise<void> => {
    while (!follow.isOver && !parts.stop.aborted) {
      const pauseMs = follow.nextAtMs - parts.clock.nowMs()
      if (pauseMs > 0) {
        pauseWork(follow)
        await parts.clock.sleep(pauseMs, follow.wake.signal)
        if (follow.wake.signal.aborted) follow.wake = new AbortController()
        continue
      }
      follow.release ??= parts.activity.begin()
      await lookOnce(parts, follow)
      follow.nextAtMs = nextLookAtMs(follow, parts.clock.nowMs(), pauseMsMax)
      if (parts.clock.nowMs() - follow.startedAtMs >= giveUpMs && !follow.isOver) giveUp(parts, follow)
      if (follow.isOver) finish(follow)
    }
    finish(follow)
    pauseWork(follow)
  }
  const look = (taskId: string, callbackKey: string | null): Promise<void> => {
    if (parts.stop.aborted) return Promise.resolve()
    const current = follows.get(taskId)
    // One that is about to end would not look again.
    const existing = current?.isOver === true ? undefined : current
    const follow = existing ?? start(taskId, 0)
    if (callbackKey !== null) addCallback(follow, callbackKey)
    follow.nextAtMs = Math.min(
      follow.nextAtMs,
      Math.max(parts.clock.nowMs(), follow.lookedAtMs + LOOK_GAP_MS_MIN),
    )
    follow.release ??= parts.activity.begin()
    const looked = new Promise<void>((resolve) => void follow.waiting.push(resolve))
    follow.wake.abort()
    if (existing === undefined) void run(follow)
    return looked
  }
  return {
    follow: (taskId) => {
      if (!follows.has(taskId) && !parts.stop.aborted) void run(start(taskId, firstMs))
    },
    look,
    lookAgain: (taskId, callbackKey) => {
      const follow = follows.get(taskId)
      if (follow !== undefined && !follow.isOver) {
        if (follow.callbackKeys.has(callbackKey) && !hasFailed(follow)) return Promise.resolve()
        follow.eventFailures = 0
      }
      return look(taskId, callbackKey)
    },
    end: (taskId) => {
      const follow = follows.get(taskId)
      // Callbacks that wait are dealt with by one more look, which finds that the task has ended.
      if (follow !== undefined && follow.callbackKeys.size === 0) finish(follow)
    },
    hasRoomFor: (taskId) => follows.has(taskId) || follows.size < FOLLOWS_MAX,
    close: () => {
      for (const follow of follows.values()) follow.wake.abort()
    },
  }
}

function parsePolling({ firstMs, maxMs, giveUpMs }: PollingOptions): {
  firstMs: number
  pauseMsMax: number
  giveUpMs: number
} {
  return {
    firstMs: atLeastZero('polling.firstMs', firstMs ?? FIRST_MS_DEFAULT),
    pauseMsMax: Math.max(atLeastZero('polling.maxMs', maxMs ?? PAUSE_MS_MAX_DEFAULT), LOOK_GAP_MS_MIN),
    giveUpMs: atLeastZero('polling.giveUpMs', giveUpMs ?? GIVE_UP_MS_DEFAULT),
  }
}

function pauseWork(follow: Follow): void {
  follow.release?.()
  follow.release = null
  const { waiting } = follow
  follow.waiting = []
  for (const resolve of waiting) resolve()
}

async function lookOnce(parts: ReceiverParts, follow: Follow): Promise<void> {
  follow.lookedAtMs = parts.clock.nowMs()
  follow.looks += 1
  // Not due again until the pause is known; a callback that arrives meanwhile brings it forward.
  follow.nextAtMs = Infinity
  try {
    await parts.lanes.run(follow.taskId, () => lookAtTask(parts, follow))
    follow.pollFailures = 0
  } catch (cause) {
    if (!parts.stop.aborted) noteFailure(parts, follow, cause)
  }
}

function noteFailure(parts: ReceiverParts, follow: Follow, cause: unknown): void {
  const { taskId, latestKey: callbackKey } = follow
  const error =
    cause instanceof ReceiverError
      ? cause
      : new ReceiverError('store_failed', 'The receiver store failed', { taskId, callbackKey, cause })
  if (error.code !== 'event_failed') {
    follow.pollFailures += 1
    // An outage is told once, not at each look.
    if (follow.pollFailures === 1) parts.report(error)
    return
  }
  follow.eventFailures += 1
  parts.report(error)
  if (follow.eventFailures < EVENT_ATTEMPTS_MAX) return
  const message = `An event of ${taskId} failed ${follow.eventFailures} times: fix the cause, then call resume() or let its sender repeat it`
  parts.report(new ReceiverError('event_given_up', message, { taskId, callbackKey, cause: error.cause }))
  follow.isOver = true
}

function giveUp(parts: ReceiverParts, follow: Follow): void {
  follow.isOver = true
  const { taskId } = follow
  const message = `Video ${taskId} did not end in time: it is not polled any more until resume() is called`
  parts.report(new ReceiverError('poll_given_up', message, { taskId }))
}

function nextLookAtMs(follow: Follow, nowMs: number, pauseMsMax: number): number {
  const pauseMs =
    follow.eventFailures > 0
      ? eventBackoffMs(follow.eventFailures)
      : Math.min(PAUSE_MS_FIRST * PAUSE_GROWTH ** Math.min(Math.max(follow.looks - 1, 0), 20), pauseMsMax)
  return Math.min(follow.nextAtMs, nowMs + pauseMs)
}
