/** One task being polled. */
export type Follow = {
  readonly taskId: string
  /** Callbacks that wait for the next look. */
  readonly callbackKeys: Set<string>
  latestKey: string | null
  isOver: boolean
  nextAtMs: number
  lookedAtMs: number
  readonly startedAtMs: number
  looks: number
  /** How often in a row the server did not know the task. */
  missing: number
  pollFailures: number
  eventFailures: number
  wake: AbortController
  /** Set while it counts as being worked on. */
  release: (() => void) | null
  waiting: (() => void)[]
}

export const newFollow = (taskId: string, nowMs: number, afterMs: number): Follow => ({
  taskId,
  callbackKeys: new Set(),
  latestKey: null,
  isOver: false,
  nextAtMs: nowMs + afterMs,
  lookedAtMs: -Infinity,
  startedAtMs: nowMs,
  looks: 0,
  missing: 0,
  pollFailures: 0,
  eventFailures: 0,
  wake: new AbortController(),
  release: null,
  waiting: [],
})

/** Whether its last look, or what the application made of it, went wrong. */
export const hasFailed = (follow: Follow): boolean => follow.eventFailures > 0 || follow.pollFailures > 0

// A new callback is news: polling starts over with short pauses.
export function addCallback(follow: Follow, callbackKey: string): void {
  follow.callbackKeys.add(callbackKey)
  follow.latestKey = callbackKey
  follow.looks = 0
}
