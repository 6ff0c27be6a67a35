export type SentRequest = { method: string; url: URL; headers: Headers; text: string; atMs: number }

export type Handler = (sent: SentRequest, index: number, request: Request) => Response | Promise<Response>

export type FakeFetch = typeof fetch & { readonly sent: SentRequest[] }

/**
 * A client that loops would starve its own test of turns: from here on nothing is answered, and the test can
 * fail.
 */
const REQUESTS_MAX = 1000

/**
 * A fetch that answers from a function and remembers what was sent. A pending answer rejects when its signal
 * aborts.
 */
export function fakeFetch(handler: Handler, nowMs: () => number = () => 0): FakeFetch {
  const sent: SentRequest[] = []
  const send = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init)
    const entry: SentRequest = {
      method: request.method,
      url: new URL(request.url),
      headers: request.headers,
      text: await request.clone().text(),
      atMs: nowMs(),
    }
    const index = sent.push(entry) - 1
    const answer = index < REQUESTS_MAX ? handler(entry, index, request) : pending()
    return untilAbort(Promise.resolve(answer), request.signal)
  }
  return Object.assign(send, { sent })
}

function untilAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    work.then(resolve, reject)
  })
}

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  Response.json(body, { status, headers })

export const task = (fields: Record<string, unknown> = {}): Record<string, unknown> => ({
  id: 'video_1',
  object: 'video',
  model: 'wan2.6',
  status: 'queued',
  progress: 0,
  created_at: 1_790_000_000,
  ...fields,
})

export const pending = (): Promise<Response> => new Promise(() => {})

/** What Node's fetch throws when the port is closed. */
export function refused(): TypeError {
  const cause = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:9'), { code: 'ECONNREFUSED' })
  return new TypeError('fetch failed', { cause })
}

/** What Node's fetch throws when the peer goes away after it took the request. */
export function reset(): TypeError {
  const cause = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' })
  return new TypeError('fetch failed', { cause })
}
