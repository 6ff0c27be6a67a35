import type { Io } from './io.ts'

/** Notices that the gateway stopped answering, which a wait looks past. */
export interface OutageWatch {
  /** Asks like `Io.fetch`, and keeps an eye on the answers. */
  readonly fetch: Io['fetch']
  /** From now on outages are told, once each, until the signal aborts. */
  tell(say: (remark: string) => void, signal: AbortSignal): void
  /** The wait is over. */
  hush(): void
}

/** What a proxy says in place of a gateway that it cannot reach. */
const PROXY_STATUSES: readonly number[] = [502, 503, 504]

export function watchOutages(inner: Io['fetch']): OutageWatch {
  let say: ((remark: string) => void) | null = null
  let isOut = false
  const note = (answers: boolean): void => {
    if (say === null || isOut === !answers) return
    isOut = !answers
    say(answers ? 'the gateway answers again' : 'the gateway does not answer: still trying')
  }
  return {
    fetch: async (input, init) => {
      try {
        const response = await inner(input, init)
        note(response.headers.has('reelay-version') || !PROXY_STATUSES.includes(response.status))
        return response
      } catch (error) {
        note(false)
        throw error
      }
    },
    tell: (given, signal) => {
      say = (remark) => {
        // A request that Ctrl-C ended is no outage.
        if (!signal.aborted) given(remark)
      }
    },
    hush: () => {
      say = null
    },
  }
}
