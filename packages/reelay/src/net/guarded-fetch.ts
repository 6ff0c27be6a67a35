import type { Clock } from '../system/clock.ts'
import type { Answer, Exchange, Hop, ResponseHeaders } from './exchange.ts'
import { GuardRefused } from './guard-refused.ts'
import type { Guard, HopTrust, UrlTrust } from './guard.ts'
import { GuardedConnection } from './guarded-connection.ts'
import { followRedirect, locationOf } from './redirect.ts'
import { failureOf } from './failure-of.ts'
import { TransferFailed } from './transfer-failed.ts'
import { TransferLimits } from './transfer-limits.ts'

const HEADERS_TIMEOUT_MS = 10_000
const IDLE_TIMEOUT_MS = 10_000

export type GuardedRequest = {
  /** An absolute URL that a user or a provider supplied. */
  url: string
  /** Who supplied it: decides what it may reach. */
  trust: UrlTrust
  /** Default `GET`. */
  method?: string
  /**
   * Connection headers (`host`, `accept-encoding`, `content-length`, …) are the client's own; given ones
   * are ignored.
   */
  headers?: Readonly<Record<string, string>>
  body?: string | Uint8Array
  /** From `open` to the last byte read, all redirects and the reader's own pauses included. */
  totalTimeoutMs: number
  /** Per hop, from DNS to the end of the answer's headers. Default 10 s. */
  headersTimeoutMs?: number
  /** Longest wait for the next bytes of the body. Default 10 s. */
  idleTimeoutMs?: number
  /**
   * How many redirects are followed, each checked like a first URL. With 0 a redirect is an answer like any
   * other.
   */
  redirectsMax: 0 | 1 | 2 | 3
  /** Most bytes of the body, counted as they arrive (nothing is inflated). */
  bytesMax: number
  signal?: AbortSignal
}

export type GuardedResponse = {
  /** Any status: an error status is an answer, not a failure. */
  status: number
  headers: ResponseHeaders
  /** What answered, after redirects. */
  url: string
  /** Read once. Its iterator throws `TransferFailed`. Leaving the loop closes the connection. */
  body: AsyncIterable<Uint8Array>
  /** Closes the connection without reading on. Needed when `body` is not iterated; harmless otherwise. */
  close(): void
}

/** The only way out for URLs that users and providers supply. */
export interface GuardedClient {
  /**
   * Sends one request and resolves once the answer's headers are there.
   *
   * @throws GuardRefused when the guard refuses the URL, an address behind it or a redirect.
   * @throws TransferFailed when the request or the answer fails; `notSent` tells whether it may have left.
   */
  open(request: GuardedRequest): Promise<GuardedResponse>
}

export function createGuardedClient(options: { guard: Guard; clock: Clock }): GuardedClient {
  return { open: async (request) => new Transfer(options.guard, options.clock, request).open() }
}

class Transfer {
  readonly #guard: Guard
  readonly #request: GuardedRequest
  readonly #limits: TransferLimits
  #host = ''
  #origin = ''
  #connection: GuardedConnection | undefined
  #exchange: Exchange | undefined
  #hops = 0

  constructor(guard: Guard, clock: Clock, request: GuardedRequest) {
    this.#guard = guard
    this.#request = request
    this.#limits = new TransferLimits(clock)
  }

  async open(): Promise<GuardedResponse> {
    try {
      const { url, trust, method = 'GET', headers = {}, body } = this.#request
      let hop: Hop = {
        url: this.#check(url, trust),
        method: method.toUpperCase(),
        headers,
        body,
      }
      this.#host = hop.url.host
      this.#origin = hop.url.origin
      this.#startLimits()
      // Ends at the latest where `#follow` refuses one redirect too many.
      for (;;) {
        const answer = await this.#send(hop)
        const location = locationOf(answer)
        if (location === undefined || this.#request.redirectsMax === 0) return this.#respond(hop, answer)
        hop = this.#follow(hop, answer.status, location)
      }
    } catch (error) {
      throw this.#fail(error)
    }
  }

  #startLimits(): void {
    const { totalTimeoutMs, signal } = this.#request
    this.#limits.after(totalTimeoutMs, () =>
      this.#failed('timeout', `was not done within ${totalTimeoutMs} ms, its time limit`),
    )
    if (signal === undefined) return
    const abort = (): void => this.#limits.end(this.#failed('aborted', 'was aborted'))
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    this.#limits.onEnd(() => signal.removeEventListener('abort', abort))
  }

  /**
   * What the caller trusts holds for the origin that the caller named; a redirect elsewhere is the server's
   * choice.
   */
  #trustAt(url: URL): HopTrust {
    return url.origin === this.#origin ? this.#request.trust : { from: 'redirect' }
  }

  #check(url: string, trust: HopTrust): URL {
    const check = this.#guard.checkUrl(url, trust)
    if (!check.ok) throw new GuardRefused(check, this.#hops === 0)
    return check.url
  }

  async #send(hop: Hop): Promise<Answer> {
    // With the first request: what it is sent with is large, and an idle gateway sends none.
    const { startExchange } = await import('./exchange.ts')
    this.#host = hop.url.host
    this.#connection = new GuardedConnection(
      this.#guard,
      { url: hop.url, trust: this.#trustAt(hop.url) },
      this.#hops > 0,
    )
    this.#hops += 1
    if (this.#limits.failure !== undefined) throw this.#limits.failure
    const { headersTimeoutMs = HEADERS_TIMEOUT_MS } = this.#request
    const inTime = this.#limits.after(headersTimeoutMs, () =>
      this.#failed('timeout', `got no answer within ${headersTimeoutMs} ms`),
    )
    this.#exchange = startExchange(hop, this.#connection)
    this.#limits.onEnd(this.#exchange.destroy)
    const answer = await this.#limits.race(this.#exchange.answer)
    inTime()
    return answer
  }

  /** The next hop. The connection of the last one is closed, its body unread. */
  #follow(hop: Hop, status: number, location: string): Hop {
    this.#exchange?.destroy()
    if (this.#hops > this.#request.redirectsMax) {
      throw this.#failed('too_many_redirects', `was redirected more than ${this.#request.redirectsMax} times`)
    }
    const target = URL.parse(location, hop.url.href)
    if (target === null) throw this.#failed('protocol', 'was redirected to a text that is no URL')
    const url = this.#check(target.href, this.#trustAt(target))
    if (this.#connection?.exempt === true && url.origin !== hop.url.origin) {
      const reason =
        `The host ${hop.url.host} redirects to another origin, ` +
        'which a host off the public internet may not.'
      throw new GuardRefused({ ok: false, code: 'redirect', host: url.host, reason }, false)
    }
    return followRedirect(hop, status, url)
  }

  #respond(hop: Hop, answer: Answer): GuardedResponse {
    const { bytesMax } = this.#request
    const announced = hop.method === 'HEAD' ? 0 : Number(answer.headers.get('content-length') ?? 0)
    if (announced > bytesMax) throw this.#tooLarge()
    return {
      status: answer.status,
      headers: answer.headers,
      url: hop.url.href,
      body: this.#read(answer),
      close: () => this.#limits.end(this.#failed('aborted', 'was closed before its end')),
    }
  }

  async *#read(answer: Answer): AsyncGenerator<Uint8Array, void, undefined> {
    const { bytesMax, idleTimeoutMs = IDLE_TIMEOUT_MS } = this.#request
    let bytes = 0
    try {
      const idle = this.#limits.whenIdle(idleTimeoutMs, () =>
        this.#failed('timeout', `sent nothing for ${idleTimeoutMs} ms`),
      )
      idle.waiting()
      for await (const chunk of answer.body) {
        idle.received()
        if (!(chunk instanceof Uint8Array)) throw this.#failed('protocol', 'sent something other than bytes')
        bytes += chunk.byteLength
        if (bytes > bytesMax) throw this.#tooLarge()
        yield chunk
        idle.waiting()
      }
      // A limit that passed while the last chunk was with the reader.
      if (this.#limits.failure !== undefined) throw this.#limits.failure
    } catch (error) {
      throw this.#fail(error)
    } finally {
      this.#limits.end()
    }
  }

  #fail(error: unknown): Error {
    const failure = this.#limits.failure ?? failureOf(error, this.#host, this.#connection)
    this.#limits.end(failure)
    return failure
  }

  #tooLarge(): TransferFailed {
    return this.#failed('too_large', `has more than ${this.#request.bytesMax} bytes in its answer`)
  }

  #failed(kind: TransferFailed['kind'], what: string): TransferFailed {
    const notSent = this.#connection?.notSent ?? this.#hops === 0
    return new TransferFailed(kind, notSent, `The request to ${this.#host} ${what}.`)
  }
}
