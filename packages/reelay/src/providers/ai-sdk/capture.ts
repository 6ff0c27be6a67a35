import { AsyncLocalStorage } from 'node:async_hooks'
import type { UpstreamAnswer, UpstreamBody } from '../upstream.ts'

/** A request that a model wants to send. */
export type CapturedRequest = {
  method: string
  url: URL
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>
  body: UpstreamBody | null
}

/** Where the requests of one call of a model go. */
export interface Exchange {
  send(request: CapturedRequest): Promise<UpstreamAnswer>
}

const current = new AsyncLocalStorage<Exchange>()

/** The connection's own business, not a caller's. */
const HOP_HEADERS: readonly string[] = ['connection', 'content-length', 'expect', 'host', 'transfer-encoding']

const NULL_BODY_STATUSES: readonly number[] = [204, 205, 304]

/**
 * Runs a call of a model: what it fetches meanwhile goes to `exchange`, whatever else runs at the same
 * time.
 */
export const withExchange = <Result>(exchange: Exchange, call: () => Promise<Result>): Promise<Result> =>
  current.run(exchange, call)

async function captured(
  input: string | URL | Request,
  init: RequestInit | undefined,
): Promise<CapturedRequest> {
  const request = new Request(input, init)
  const headers = Object.fromEntries([...request.headers].filter(([name]) => !HOP_HEADERS.includes(name)))
  const bytes = new Uint8Array(await request.arrayBuffer())
  const contentType = headers['content-type'] ?? 'application/octet-stream'
  return {
    method: request.method.toUpperCase(),
    url: new URL(request.url),
    headers,
    body: bytes.byteLength === 0 ? null : { bytes, contentType },
  }
}

/** What a model reads. Without `location`: a redirect is an answer like any other and leads nowhere. */
function responseOf({ status, headers, text }: UpstreamAnswer): Response {
  const kept = [...headers].filter(
    ([name, value]) =>
      name !== 'location' &&
      name !== 'content-encoding' &&
      !HOP_HEADERS.includes(name) &&
      /^[\t\x20-\x7e\x80-\xff]*$/.test(value),
  )
  const body = NULL_BODY_STATUSES.includes(status) ? null : text
  return new Response(body, { status: Math.min(Math.max(status, 200), 599), headers: kept })
}

/**
 * The `fetch` that models get. It shows every raw answer to the call under way, which the SDK's own results
 * leave most of out, and hands the model a fresh response of the same bytes.
 */
export const capturingFetch: typeof globalThis.fetch = async (input, init) => {
  const exchange = current.getStore()
  if (exchange === undefined) {
    throw new Error(
      'This fetch is for starting videos and asking for them: nothing else may be sent with it.',
    )
  }
  return responseOf(await exchange.send(await captured(input, init)))
}
