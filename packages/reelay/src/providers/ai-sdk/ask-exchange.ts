import type { GuardedClient, GuardedRequest } from '../../net/guarded-fetch.ts'
import { ProbeUnavailable } from '../provider.ts'
import { jsonOf, type UpstreamAnswer } from '../upstream.ts'
import type { CapturedRequest, Exchange } from './capture.ts'
import { redacted, secretsOf } from './secrets-of.ts'

const TOTAL_TIMEOUT_MS = 60_000
const HEADERS_TIMEOUT_MS = 30_000
const IDLE_TIMEOUT_MS = 30_000

/** One question is usual; a model that asks for ever would hold a place for ever. */
const REQUESTS_MAX = 4

export type AskOptions = {
  guarded: GuardedClient
  /** Where creates go, as the operator set it up: only there the guard lets private addresses through. */
  origin: string | null
  bytesMax: number
  signal: AbortSignal
}

async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of body) parts.push(part)
  return Buffer.concat(parts)
}

function guardedRequest(
  { method, url, headers, body }: CapturedRequest,
  { origin, bytesMax, signal }: AskOptions,
): GuardedRequest {
  const ownOrigin = origin === null ? null : URL.parse(origin)
  return {
    url: url.href,
    trust: ownOrigin === null ? { from: 'provider' } : { from: 'provider', ownOrigin },
    method,
    headers,
    ...(body === null ? {} : { body: body.bytes }),
    totalTimeoutMs: TOTAL_TIMEOUT_MS,
    headersTimeoutMs: HEADERS_TIMEOUT_MS,
    idleTimeoutMs: IDLE_TIMEOUT_MS,
    redirectsMax: 0,
    bytesMax,
    signal,
  }
}

/**
 * The questions of one call of a model. Some of their addresses come from a provider's answers, so all of
 * them pass the guard. The last answer is kept, and what was sent to get it.
 */
export class AskExchange implements Exchange {
  answer: UpstreamAnswer | null = null
  failure: ProbeUnavailable | null = null
  request: CapturedRequest | null = null
  readonly #options: AskOptions
  #requests = 0

  constructor(options: AskOptions) {
    this.#options = options
  }

  async send(request: CapturedRequest): Promise<UpstreamAnswer> {
    this.#requests += 1
    if (this.#requests > REQUESTS_MAX) {
      throw this.#fail(`The model sent more than ${REQUESTS_MAX} requests for one look.`)
    }
    this.request = request
    this.failure = null
    this.answer = null
    try {
      const response = await this.#options.guarded.open(guardedRequest(request, this.#options))
      const text = new TextDecoder().decode(await bytesOf(response.body))
      const { status, headers } = response
      this.answer = redacted({ status, headers, text, json: jsonOf(headers, text) }, secretsOf(request))
      return this.answer
    } catch (error) {
      throw this.#fail(error instanceof Error ? error.message : String(error), error)
    }
  }

  /** The values with which the last question proved who we are. */
  secrets(): readonly string[] {
    const sent = this.request === null ? [] : Object.values(secretsOf(this.request))
    return sent.map((value) => value.split(' ').at(-1) ?? value)
  }

  #fail(message: string, cause?: unknown): ProbeUnavailable {
    this.failure = new ProbeUnavailable(message, { cause })
    return this.failure
  }
}
