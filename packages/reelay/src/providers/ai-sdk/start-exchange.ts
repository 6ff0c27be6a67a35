import type { Clock } from '../../system/clock.ts'
import type { StartRequest } from '../provider.ts'
import { UpstreamFailed } from '../upstream-failed.ts'
import { createUpstream, type UpstreamAnswer, type UpstreamBody } from '../upstream.ts'
import type { CapturedRequest, Exchange } from './capture.ts'
import { redacted, secretsOf } from './secrets-of.ts'

/** As for all providers: uploads of several pictures are the slow part of a create. */
const SUBMIT_TIMEOUT_MS = 120_000

const EMPTY_BODY: UpstreamBody = { bytes: new Uint8Array(), contentType: 'application/json' }

const ignore = (): void => {}

/** A start is one request: whatever a model wants to send besides might cost as much again. */
class RequestRefused extends Error {
  override readonly name = 'RequestRefused'
}

/**
 * The one request of a start: it leaves at most once, on a connection of its own, and only while this
 * process may still send it. A second one is refused here, whatever the model thinks of the first one's
 * answer.
 */
export class StartExchange implements Exchange {
  /** Whether the model wanted to send anything at all by here. */
  isAsked = false
  /** Null until there is one. */
  answer: UpstreamAnswer | null = null
  failure: UpstreamFailed | null = null
  request: CapturedRequest | null = null
  #settled: Promise<void> = Promise.resolve()
  readonly #clock: Clock
  readonly #start: Pick<StartRequest, 'mayStillSend' | 'signal'>

  constructor(clock: Clock, start: Pick<StartRequest, 'mayStillSend' | 'signal'>) {
    this.#clock = clock
    this.#start = start
  }

  async send(request: CapturedRequest): Promise<UpstreamAnswer> {
    this.isAsked = true
    if (request.method !== 'POST') {
      throw new RequestRefused(`A start is one POST, and the model wants to send a ${request.method}.`)
    }
    if (this.request !== null) throw new RequestRefused('The billable request was sent before: once is all.')
    this.request = request
    const sending = this.#submit(request)
    this.#settled = sending.then(ignore, ignore)
    return sending
  }

  /** Resolves once what was sent has been answered or has failed. */
  get settled(): Promise<void> {
    return this.#settled
  }

  async #submit(request: CapturedRequest): Promise<UpstreamAnswer> {
    const { url, headers, body } = request
    const upstream = createUpstream({ baseUrl: url.origin, credentials: {}, clock: this.#clock })
    const { mayStillSend, signal } = this.#start
    try {
      const answer = await upstream.submit({
        method: 'POST',
        path: url.pathname + url.search,
        headers,
        body: body ?? EMPTY_BODY,
        timeoutMs: SUBMIT_TIMEOUT_MS,
        mayStillSend,
        signal,
      })
      this.answer = redacted(answer, secretsOf(request))
      return this.answer
    } catch (error) {
      if (error instanceof UpstreamFailed) this.failure = error
      throw error
    } finally {
      await upstream.stop()
    }
  }
}

/**
 * A start that sends nothing: the model makes its request, gets a made-up answer, and says what it would
 * not do as it was asked, before that costs anything.
 */
export class Rehearsal implements Exchange {
  isAsked = false
  readonly #answer: UpstreamAnswer

  constructor(json: unknown) {
    const headers = new Map([['content-type', 'application/json']])
    this.#answer = { status: 200, headers, text: JSON.stringify(json), json }
  }

  async send(): Promise<UpstreamAnswer> {
    this.isAsked = true
    return this.#answer
  }
}
