import type { IncomingHttpHeaders } from 'node:http'

/** One request that reached the upstream. */
export interface RequestRecord {
  readonly at: number
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** The task it is about; null for a create, until it is accepted, and for anything else. */
  id: string | null
  /** The HTTP status that left; null while none did. */
  status: number | null
  /** The fault that struck. */
  fault: string | null
}

const REQUESTS_MAX = 20_000

interface Watcher {
  readonly match: (request: RequestRecord) => boolean
  readonly count: number
  readonly resolve: (request: RequestRecord) => void
}

/** Everything that was asked, in order; the oldest are dropped above 20,000. */
export class RequestLog {
  readonly requests: RequestRecord[] = []
  #watchers: Watcher[] = []

  add(record: RequestRecord): void {
    this.requests.push(record)
    if (this.requests.length > REQUESTS_MAX) this.requests.shift()
    this.tell()
  }

  /** Looks again whether someone waits for what the records say now. */
  tell(): void {
    this.#watchers = this.#watchers.filter((watcher) => !this.#tell(watcher))
  }

  /** Resolves with the `count`-th matching request, as soon as it has arrived; those in the past count. */
  until(match: (request: RequestRecord) => boolean, count: number): Promise<RequestRecord> {
    return new Promise((resolve) => {
      const watcher: Watcher = { match, count, resolve }
      if (!this.#tell(watcher)) this.#watchers.push(watcher)
    })
  }

  #tell(watcher: Watcher): boolean {
    const found = this.requests.filter(watcher.match)[watcher.count - 1]
    if (found === undefined) return false
    watcher.resolve(found)
    return true
  }
}
