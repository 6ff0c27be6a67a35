import { hash } from 'node:crypto'
import { hashOfKey } from '../system/hash-of-key.ts'
import type { CallbackReading, RawCallback } from '../providers/provider.ts'
import type { CallbackIn, CallbackOutcome, CallbackTarget } from '../store/store.ts'
import { providerNameOf } from '../task/provider-name.ts'
import type { Shared } from './exchange.ts'

export const CALLBACK_BYTES_MAX: number = 2 * 1024 * 1024
const HEADER_CHARACTERS_MAX = 8_192
/** Never kept: what a proxy or a browser may have added to prove somebody. */
const DROPPED_HEADERS: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization'])

/** Where a callback came in. */
export type CallbackAddress = { provider: string; token: string }

/** Whom an address belongs to: one attempt of a task, or all jobs of an account. */
export type Addressee = CallbackTarget | { account: string }

/** What came, and the address as it was called. */
export type CameIn = {
  address: CallbackAddress
  url: string
  headers: Iterable<[string, string]>
  body: Uint8Array
}

/** Undefined for an address that is nobody's. */
export async function addresseeOf(
  { store, accountAddresses }: Shared,
  { provider, token }: CallbackAddress,
): Promise<Addressee | undefined> {
  if (!/^[\w-]{43}$/.test(token)) return undefined
  const tokenHash = hashOfKey(token)
  const account = accountAddresses.accountOf(tokenHash)
  const addressee = account === undefined ? await store.findCallbackTarget(tokenHash) : { account }
  return addressee !== undefined && providerNameOf(addressee.account) === provider ? addressee : undefined
}

/**
 * Keeps a callback as it came, never inflated; all it does is to bring the next look forward.
 * @returns what its sender is to be told
 */
export async function takeCallback(
  shared: Shared,
  addressee: Addressee,
  came: CameIn,
): Promise<CallbackAnswer> {
  const { account } = addressee
  // A signature may be in any header, also in one that comes after those that are kept.
  const headers = Object.fromEntries([...came.headers].filter(([name]) => !DROPPED_HEADERS.has(name)))
  const callback = { headers, body: came.body, urls: urlsOf(shared, came) }
  const reading = await readingOf(shared, account, callback)
  const { verdict, answer } = reading
  const outcome =
    answer === undefined
      ? await record(shared, addressee, { provider: came.address.provider, callback, reading })
      : 'unkept'
  shared.observer.calledBack({ account, verdict, outcome })
  return answer === undefined ? TAKEN : { type: 'application/json', text: answer }
}

export type CallbackAnswer = { type: string; text: string }

/** Exactly 200 and `ok`: some providers take anything else for a failure. A challenge is echoed as its provider wants it. */
const TAKEN: CallbackAnswer = { type: 'text/plain', text: 'ok' }

export const headersOfAnswer = ({ type }: CallbackAnswer): Record<string, string> => ({
  'content-type': type,
  'cache-control': 'no-store',
})

/** As the provider was given it, and as it was called. */
function urlsOf({ settings }: Shared, { address, url }: CameIn): readonly string[] {
  const { callbackBase } = settings
  return callbackBase === null ? [url] : [`${callbackBase}/hooks/${address.provider}/${address.token}`, url]
}

/** Bytes that its adapter fails at are kept all the same, and taken for a word without content. */
async function readingOf(shared: Shared, account: string, callback: RawCallback): Promise<CallbackReading> {
  try {
    return await shared.readCallback(account, callback)
  } catch (error) {
    shared.log.error({ err: error, account }, 'a callback could not be read; it is kept as it came')
    return { verdict: 'unsigned', operation: null, hint: 'moved' }
  }
}

type Recording = { provider: string; callback: RawCallback; reading: CallbackReading }

async function record(
  shared: Shared,
  addressee: Addressee,
  { provider, callback, reading }: Recording,
): Promise<CallbackOutcome> {
  const { store } = shared
  const { body } = callback
  const { verdict, operation, hint } = reading
  const headers = keptHeaders(callback.headers)
  const kept = { provider, headers, body, verdict, operation, hint }
  // A forged copy may come first: the provider's own is no copy of it.
  const copy = `${verdict}.${hash('sha256', body, 'hex')}`
  if ('taskId' in addressee) {
    const { projectId, taskId, attempt } = addressee
    const about = { ...kept, projectId, taskId, attempt, dedupeKey: `${taskId}.${attempt}.${copy}` }
    const outcome = await store.recordCallback(about)
    void heed(shared, about, outcome)
    return outcome
  }
  const { account } = addressee
  const job = reading.job ?? (operation === null ? null : { id: operation.providerTaskId })
  const dedupeKey = `${account}.${copy}`
  const { outcome, about } = await store.recordAccountCallback({ ...kept, account, job, dedupeKey })
  if (about !== null) void heed(shared, about, outcome)
  return outcome
}

/**
 * Where whoever called back runs on the same machine, behind a proxy at least, the answer may wait for the processor that is still at
 * work for the callback.
 */
export const HEED_AFTER_MS = 2

/** Nobody waits for it: the provider is answered once its callback is kept. */
async function heed(shared: Shared, callback: CallbackIn, outcome: CallbackOutcome): Promise<void> {
  if (outcome === 'full') return
  const { store, log, clock } = shared
  try {
    await clock.sleep(HEED_AFTER_MS)
    await store.heedCallback(callback, outcome === 'kept')
  } catch (error) {
    const { taskId: task_id, attempt } = callback
    log.warn({ err: error, task_id, attempt }, 'a callback was kept, and makes nobody look sooner')
  }
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
