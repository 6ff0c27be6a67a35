import { errorFromAnswer, isSuccess, readAnswer, type Answer } from './answer.ts'
import { createCancellation, type Cancellation } from './cancellation.ts'
import type { Clock } from './clock.ts'
import { connectionError } from './connection-error.ts'
import { ReelayApiError, ReelayError } from './errors.ts'
import { backoffMs, boundedPauseMs } from './pacing.ts'

export type CallBody = { content: string | FormData; contentType?: string }

/** One request of this API. Its body is made afresh for every attempt. */
export type Call = {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Below the base URL, for instance `/v1/videos`. Or an absolute address, which never gets the API key. */
  path: string | URL
  query?: Readonly<Record<string, string | number | undefined>>
  headers?: Readonly<Record<string, string>>
  body?: () => CallBody
  signal?: AbortSignal | undefined
  /** Until the answer is there. */
  timeoutMs?: number
  retriesMax?: number
  /** Whether a failed attempt may be repeated; by default what the error says of itself. */
  mayRetry?: (error: ReelayError) => boolean
  /** Which answers are no error; by default those with a 2xx status. */
  accepts?: (answer: Answer) => boolean
}

/** A success whose body is still to be read, within `cancellation`, which the reader must release. */
export type OpenAnswer = { response: Response; target: URL; cancellation: Cancellation }

export interface Transport {
  readonly clock: Clock
  readonly random: () => number
  readonly timeoutMs: number
  /** True once the server has identified itself as a Reelay gateway. */
  isReelay(): boolean
  /** Sends, retries, reads the whole answer. Throws ReelayError. */
  request(call: Call): Promise<Answer>
  /**
   * Like `request`, for a body that is streamed. Follows redirects, without the API key once off the base
   * URL.
   */
  open(call: Call): Promise<OpenAnswer>
}

export type TransportOptions = {
  baseUrl: string
  apiKey: string | null
  fetch: typeof fetch
  clock: Clock
  random: () => number
  retriesMax: number
  timeoutMs: number
}

const REDIRECTS_MAX = 5

type RedirectMode = 'manual' | 'follow'

export function createTransport(options: TransportOptions): Transport {
  const { clock, random } = options
  const seen = { reelay: false }
  const send = async (call: Call, target: URL, cancellation: Cancellation, redirect: RedirectMode) => {
    const response = await cancellation.race(
      options.fetch(target, requestInit(call, target, options, cancellation.signal, redirect)),
    )
    if (isWithin(target, options.baseUrl) && response.headers.has('reelay-version')) seen.reelay = true
    return response
  }

  const attempt = async (call: Call, follow: boolean): Promise<OpenAnswer> => {
    const timeoutMs = call.timeoutMs ?? options.timeoutMs
    const cancellation = createCancellation(clock, call.signal)
    cancellation.arm(timeoutMs, `No answer within ${timeoutMs} ms from ${new URL(options.baseUrl).host}`)
    const target = targetOf(call, options.baseUrl)
    try {
      if (cancellation.signal.aborted) throw cancellation.signal.reason
      const first = await send(call, target, cancellation, 'manual')
      const response = follow
        ? await followRedirects(first, target, (to, mode) => send(call, to, cancellation, mode))
        : first
      return { response, target, cancellation }
    } catch (cause) {
      cancellation.release()
      throw cancellation.error() ?? connectionError(target, cause)
    }
  }

  const requestOnce = async (call: Call): Promise<Answer> => {
    const answer = await readWithin(await attempt(call, false), clock)
    if (!(call.accepts ?? isSuccess)(answer)) throw errorFromAnswer(answer)
    return answer
  }

  const openOnce = async (call: Call): Promise<OpenAnswer> => {
    const opened = await attempt(call, true)
    if (opened.response.ok) {
      opened.cancellation.disarm()
      return opened
    }
    throw errorFromAnswer(await readWithin(opened, clock))
  }

  const retrying = <T>(call: Call, once: (call: Call) => Promise<T>): Promise<T> =>
    withRetries(call, once, { clock, random, retriesMax: call.retriesMax ?? options.retriesMax })
  return {
    clock,
    random,
    timeoutMs: options.timeoutMs,
    isReelay: () => seen.reelay,
    request: (call) => retrying(call, requestOnce),
    open: (call) => retrying(call, openOnce),
  }
}

async function readWithin(opened: OpenAnswer, clock: Clock): Promise<Answer> {
  try {
    return await opened.cancellation.race(readAnswer(opened.response, () => clock.nowMs()))
  } catch (cause) {
    throw opened.cancellation.error() ?? connectionError(opened.target, cause)
  } finally {
    opened.cancellation.release()
  }
}

type RetryPolicy = { clock: Clock; random: () => number; retriesMax: number }

async function withRetries<T>(call: Call, once: (call: Call) => Promise<T>, policy: RetryPolicy): Promise<T> {
  const mayRetry = call.mayRetry ?? ((error: ReelayError) => error.retryable)
  for (let failures = 0; ; failures += 1) {
    try {
      return await once(call)
    } catch (error) {
      if (!(error instanceof ReelayError) || failures >= policy.retriesMax || !mayRetry(error)) throw error
      const askedMs = error.retryAfterMs === null ? 0 : boundedPauseMs(error.retryAfterMs)
      await policy.clock.sleep(Math.max(backoffMs(failures, policy.random()), askedMs), call.signal)
    }
  }
}

function targetOf(call: Call, baseUrl: string): URL {
  if (call.path instanceof URL) return call.path
  const target = new URL(baseUrl + call.path)
  for (const [name, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined) target.searchParams.set(name, String(value))
  }
  return target
}

function requestInit(
  call: Call,
  target: URL,
  options: TransportOptions,
  signal: AbortSignal,
  redirect: RedirectMode,
): RequestInit {
  const headers = new Headers(call.headers)
  const isOurs = !(call.path instanceof URL) && isWithin(target, options.baseUrl)
  if (options.apiKey !== null && isOurs) headers.set('authorization', `Bearer ${options.apiKey}`)
  const init: RequestInit = { method: call.method, headers, signal, redirect }
  const body = call.body?.()
  if (body === undefined) return init
  if (body.contentType !== undefined) headers.set('content-type', body.contentType)
  return { ...init, body: body.content }
}

const isWithin = (target: URL, baseUrl: string): boolean => target.origin === new URL(baseUrl).origin

// By hand, because not every runtime drops the Authorization header when a redirect leaves the origin. A
// browser hides where a redirect leads ("opaqueredirect") but does drop the header, so there the request is
// made again and followed.
async function followRedirects(
  first: Response,
  start: URL,
  send: (target: URL, redirect: RedirectMode) => Promise<Response>,
): Promise<Response> {
  let response = first
  let target = start
  for (let hops = 0; hops < REDIRECTS_MAX; hops += 1) {
    if (response.type === 'opaqueredirect') return send(target, 'follow')
    const location = response.headers.get('location')
    if (response.status < 300 || response.status >= 400 || location === null) return response
    await response.body?.cancel()
    target = new URL(location, target)
    response = await send(target, 'manual')
  }
  const message = `More than ${REDIRECTS_MAX} redirects, last to ${target.host}`
  throw new ReelayApiError('unexpected_answer', message, { status: response.status })
}
