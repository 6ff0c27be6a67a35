import { createHash } from 'node:crypto'
import type { CallbackReading, RawCallback } from '../providers/provider.ts'
import { providerNameOf } from '../task/provider-name.ts'
import { hashOfKey } from '../system/hash-of-key.ts'
import type { CallbackIn, CallbackOutcome, CallbackTarget } from '../store/store.ts'
import { ApiError } from './api-error.ts'
import type { Exchange } from './exchange.ts'
import { readBytes, SMALL_BODY_PACE } from './read-body.ts'

const BODY_BYTES_MAX = 2 * 1024 * 1024
const HEADER_CHARACTERS_MAX = 8_192
/** Never kept: what a proxy or a browser may have added to prove somebody. */
const DROPPED_HEADERS: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization'])

/** Whom an address belongs to: one attempt of a task, or all jobs of an account. */
type Addressee = CallbackTarget | { account: string }

/**
 * `POST /hooks/{provider}/{token}`: a provider says that something happened. Kept as it came, never inflated; all it does is
 * to bring the next look forward.
 */
export async function receiveCallback(exchange: Exchange): Promise<Response> {
  const { clock } = exchange.shared
  const { request } = exchange
  const addressee = await addresseeOf(exchange)
  const bounds = { bytesMax: BODY_BYTES_MAX, pace: SMALL_BODY_PACE, encoded: 'as_it_is' } as const
  const body = Buffer.from(await readBytes(request, clock, bounds))
  // A signature may be in any header, also in one that comes after those that are kept.
  const headers = Object.fromEntries([...request.headers].filter(([name]) => !DROPPED_HEADERS.has(name)))
  const callback = { headers, body, urls: urlsOf(exchange) }
  const reading = await readingOf(exchange, addressee.account, callback)
  const outcome =
    reading.answer === undefined ? await record(exchange, addressee, { callback, reading }) : 'unkept'
  exchange.shared.observer.calledBack({ account: addressee.account, verdict: reading.verdict, outcome })
  return answerOf(reading.answer)
}

const providerOf = ({ context }: Exchange): string => context.req.param('provider') ?? ''
const tokenOf = ({ context }: Exchange): string => context.req.param('token') ?? ''

/** @throws ApiError `unknown_url`, as for any address that is none, before anything of the body is read */
async function addresseeOf(exchange: Exchange): Promise<Addressee> {
  const { store, accountAddresses } = exchange.shared
  const token = tokenOf(exchange)
  if (/^[\w-]{43}$/.test(token)) {
    const hash = hashOfKey(token)
    const account = accountAddresses.accountOf(hash)
    const addressee = account === undefined ? await store.findCallbackTarget(hash) : { account }
    if (addressee !== undefined && providerNameOf(addressee.account) === providerOf(exchange))
      return addressee
  }
  throw new ApiError('unknown_url', 'There is nothing here. See /docs for the routes.')
}

/** As the provider was given it, and as it was called. */
function urlsOf(exchange: Exchange): readonly string[] {
  const { callbackBase } = exchange.shared.settings
  const called = exchange.request.url
  const path = `/hooks/${providerOf(exchange)}/${tokenOf(exchange)}`
  return callbackBase === null ? [called] : [callbackBase + path, called]
}

/** Bytes that its adapter fails at are kept all the same, and taken for a word without content. */
async function readingOf(
  { shared }: Exchange,
  account: string,
  callback: RawCallback,
): Promise<CallbackReading> {
  try {
    return await shared.readCallback(account, callback)
  } catch (error) {
    shared.log.error({ err: error, account }, 'a callback could not be read; it is kept as it came')
    return { verdict: 'unsigned', operation: null, hint: 'moved' }
  }
}

async function record(
  exchange: Exchange,
  addressee: Addressee,
  { callback, reading }: { callback: RawCallback; reading: CallbackReading },
): Promise<CallbackOutcome> {
  const { store } = exchange.shared
  const { body } = callback
  const { verdict, operation, hint } = reading
  const headers = keptHeaders(callback.headers)
  const kept = { provider: providerOf(exchange), headers, body, verdict, operation, hint }
  // A forged copy may come first: the provider's own is no copy of it.
  const copy = `${verdict}.${createHash('sha256').update(body).digest('hex')}`
  if ('taskId' in addressee) {
    const { projectId, taskId, attempt } = addressee
    const about = { ...kept, projectId, taskId, attempt, dedupeKey: `${taskId}.${attempt}.${copy}` }
    const outcome = await store.recordCallback(about)
    heed(exchange, about, outcome)
    return outcome
  }
  const { account } = addressee
  const job = reading.job ?? (operation === null ? null : { id: operation.providerTaskId })
  const dedupeKey = `${account}.${copy}`
  const { outcome, about } = await store.recordAccountCallback({ ...kept, account, job, dedupeKey })
  if (about !== null) heed(exchange, about, outcome)
  return outcome
}

/** Nobody waits for it: the provider is answered once its callback is kept. */
function heed({ shared: { store, log } }: Exchange, callback: CallbackIn, outcome: CallbackOutcome): void {
  if (outcome === 'full') return
  store.heedCallback(callback, outcome === 'kept').catch((error: unknown) => {
    const { taskId: task_id, attempt } = callback
    log.warn({ err: error, task_id, attempt }, 'a callback was kept, and makes nobody look sooner')
  })
}

function keptHeaders(headers: RawCallback['headers']): Record<string, string> {
  const kept: Record<string, string> = {}
  let characters = 0
  for (const [name, value] of Object.entries(headers)) {
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
