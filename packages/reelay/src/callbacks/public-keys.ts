import type { JsonWebKey } from 'node:crypto'
import type { UrlTrust } from '../net/guard.ts'
import type { GuardedClient } from '../net/guarded-fetch.ts'
import type { Clock } from '../system/clock.ts'
import { isRecord, recordOf } from '../system/json.ts'

/** Keys are asked for anew after this long, used or not. */
const AGE_MS_MAX = 24 * 3_600_000
/** How often an unknown key may be a reason to ask: whoever makes one up causes one question a minute. */
const ASK_PAUSE_MS = 60_000
const ASK_TIMEOUT_MS = 10_000
/** How long one callback waits for keys. The question goes on, for the next one. */
const WAIT_MS = 1_000
const ANSWER_BYTES_MAX = 64 * 1024
const KEYS_MAX = 32

/** The public keys that a provider signs its callbacks with, as it publishes them. */
export interface PublicKeys {
  /** Those that are known, asked for when none are or they are old. Null when they cannot be had within a second. */
  current(): Promise<readonly JsonWebKey[] | null>
  /** For a signature that none of those made: null unless the provider's newest keys are known for certain. */
  newest(): Promise<readonly JsonWebKey[] | null>
}

export type PublicKeysOptions = {
  url: string
  trust: UrlTrust
  guarded: GuardedClient
  clock: Clock
}

/** A set of keys at an address (JWKS), kept for at most a day. */
export function createPublicKeys(options: PublicKeysOptions): PublicKeys {
  const { clock } = options
  let known: { keys: readonly JsonWebKey[]; atMs: number } | null = null
  let askedAtMs = -Infinity
  let asking: Promise<void> | null = null

  const ask = async (): Promise<void> => {
    askedAtMs = clock.monotonicMs()
    const keys = await fetchKeys(options).catch(() => null)
    if (keys !== null) known = { keys, atMs: clock.monotonicMs() }
    asking = null
  }
  /** One question for everybody who waits, and none within a minute of the last. */
  const askWithin = async (waitMs: number): Promise<void> => {
    if (asking === null && clock.monotonicMs() - askedAtMs < ASK_PAUSE_MS) return
    asking ??= ask()
    const waiting = new AbortController()
    await Promise.race([asking, clock.sleep(waitMs, waiting.signal)])
    waiting.abort()
  }
  const knownWithin = (ageMsMax: number): readonly JsonWebKey[] | null =>
    known !== null && clock.monotonicMs() - known.atMs < ageMsMax ? known.keys : null

  return {
    current: async () => {
      if (knownWithin(AGE_MS_MAX) === null) await askWithin(WAIT_MS)
      return knownWithin(AGE_MS_MAX)
    },
    newest: async () => {
      if (knownWithin(ASK_PAUSE_MS) === null) await askWithin(WAIT_MS)
      return knownWithin(ASK_PAUSE_MS)
    },
  }
}

/** @throws when the answer is anything but a set of keys */
async function fetchKeys({ url, trust, guarded }: PublicKeysOptions): Promise<readonly JsonWebKey[]> {
  const response = await guarded.open({
    url,
    trust,
    headers: { accept: 'application/json' },
    totalTimeoutMs: ASK_TIMEOUT_MS,
    redirectsMax: 0,
    bytesMax: ANSWER_BYTES_MAX,
  })
  if (response.status !== 200) {
    response.close()
    throw new Error(`the keys of callbacks are not to be had: HTTP ${response.status}`)
  }
  const chunks: Uint8Array[] = []
  for await (const chunk of response.body) chunks.push(chunk)
  const { keys } = recordOf(JSON.parse(Buffer.concat(chunks).toString('utf8')))
  if (!Array.isArray(keys)) throw new TypeError('the keys of callbacks are not in the answer')
  return keys.filter(isRecord).slice(0, KEYS_MAX)
}
