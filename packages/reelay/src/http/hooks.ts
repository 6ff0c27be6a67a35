import { createHash } from 'node:crypto'
import type { CallbackReading, RawCallback } from '../providers/provider.ts'
import { providerNameOf } from '../task/provider-name.ts'
import { hashOfKey } from '../system/hash-of-key.ts'
import { ApiError } from './api-error.ts'
import type { Exchange } from './exchange.ts'
import { readBody, SMALL_BODY_PACE } from './read-body.ts'

const BODY_BYTES_MAX = 2 * 1024 * 1024
const HEADER_CHARACTERS_MAX = 8_192
/** Never kept: what a proxy or a browser may have added to prove somebody. */
const DROPPED_HEADERS: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization'])

/**
 * `POST /hooks/{provider}/{token}`: a provider says that something happened. Kept as it came, never inflated; all it does is
 * to bring the next look forward.
 */
export async function receiveCallback(exchange: Exchange): Promise<Response> {
  const { clock, store } = exchange.shared
  const { request, context } = exchange
  const provider = context.req.param('provider') ?? ''
  const target = targetOf(exchange, provider)
  const chunks: Uint8Array[] = []
  const bounds = { bytesMax: BODY_BYTES_MAX, pace: SMALL_BODY_PACE, encoded: 'as_it_is' } as const
  for await (const chunk of readBody(request, clock, bounds)) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  const headers = keptHeaders(request.headers)
  const reading = readingOf(exchange, target.account, { headers, body })
  if (reading.answer === undefined) {
    const { projectId, taskId, attempt } = target
    const { verdict, operation, hint } = reading
    const digest = createHash('sha256').update(body).digest('hex')
    const dedupeKey = `${taskId}.${attempt}.${digest}`
    const kept = { projectId, taskId, attempt, provider, dedupeKey, headers, body }
    await store.recordCallback({ ...kept, verdict, operation, hint })
  }
  return answerOf(reading.answer)
}

/** Bytes that its adapter fails at are kept all the same, and taken for a word without content. */
function readingOf({ shared }: Exchange, account: string, callback: RawCallback): CallbackReading {
  try {
    return shared.readCallback(account, callback)
  } catch (error) {
    shared.log.error({ err: error, account }, 'a callback could not be read; it is kept as it came')
    return { verdict: 'unsigned', operation: null, hint: 'moved' }
  }
}

/** @throws ApiError `unknown_url`, as for any address that is none, before anything of the body is read */
function targetOf({ shared, context }: Exchange, provider: string): NonNullable<ReturnType<Find>> {
  const token = context.req.param('token') ?? ''
  const isToken = /^[\w-]{43}$/.test(token)
  const target = isToken ? shared.store.findCallbackTarget(hashOfKey(token)) : undefined
  if (target !== undefined && providerNameOf(target.account) === provider) return target
  throw new ApiError('unknown_url', 'There is nothing here. See /docs for the routes.')
}

type Find = Exchange['shared']['store']['findCallbackTarget']

function keptHeaders(headers: Headers): Record<string, string> {
  const kept: Record<string, string> = {}
  let characters = 0
  for (const [name, value] of headers) {
    if (DROPPED_HEADERS.has(name)) continue
    characters += name.length + value.length
    if (characters <= HEADER_CHARACTERS_MAX) kept[name] = value
  }
  return kept
}

/** Exactly 200 and `ok`: some providers take anything else for a failure. A challenge is echoed as its provider wants it. */
const answerOf = (answer: string | undefined): Response =>
  answer === undefined
    ? new Response('ok', { headers: { 'content-type': 'text/plain', 'cache-control': 'no-store' } })
    : new Response(answer, { headers: { 'content-type': 'application/json', 'cache-control': 'no-store' } })
