import type { Files } from '../files/files.ts'
import type { Catalog } from '../providers/catalog.ts'
import type { CallbackReading, RawCallback } from '../providers/provider.ts'
import type { Limits, Store } from '../store/store.ts'
import type { Clock } from '../system/clock.ts'
import type { Ids } from '../system/ids.ts'
import type { Log } from '../system/log.ts'
import type { Vault } from '../system/vault.ts'
import type { StatusProfile } from '../task/wire-status.ts'

/** Bounds of what a request may bring. Sizes in bytes. */
export type HttpLimits = {
  /** A JSON or urlencoded body, and all text fields of a multipart body together. */
  bodyBytesMax: number
  /** One input file. */
  fileBytesMax: number
  filesMax: number
  fieldsMax: number
  promptCharactersMax: number
}

export type HttpSettings = {
  /** Base of `video_url` and of links in answers, without a trailing slash. */
  publicUrl: string
  linkTtlMs: number
  /** HMAC keys for signed links: the first signs, all verify. */
  linkKeys: readonly Uint8Array[]
  /** Profile of keys that say nothing else. */
  profile: StatusProfile
  /** Used when a request names no model; null: the model is required. */
  defaultModel: string | null
  limits: HttpLimits
  /** Of projects that have none of their own. */
  projectLimits: Limits
  /** How many proxies stand in front and add to X-Forwarded-For. */
  trustedProxies: number
  /** Accept `api-key` / `x-api-key` headers and the `/openai/videos` alias. */
  azureAlias: boolean
  version: string
}

export type Readiness = { ready: boolean; detail: Readonly<Record<string, unknown>> }

/** How one provider account fares, for administrators. */
export type AccountView = {
  provider: string
  account: string
  /** False for an account that tasks still wait for but that is no longer set up. */
  configured: boolean
  /** Epoch milliseconds. */
  pausedUntilMs: number | null
  inFlight: number
  check: { ok: boolean; detail: string } | null
}

/** Downloads an input that the client named by URL, through the guard. Throws `InputRefused`. */
export type FetchInput = (
  url: string,
  limits: { bytesMax: number; signal: AbortSignal },
) => Promise<AsyncIterable<Uint8Array>>

/** The URL itself is not allowed, or could not be fetched: a 400 on the field that named it. */
export class InputRefused extends Error {
  override readonly name = 'InputRefused'
}

export type HttpDeps = {
  store: Store
  files: Files
  catalog: Catalog
  clock: Clock
  ids: Ids
  log: Log
  settings: HttpSettings
  fetchInput: FetchInput
  vault: Vault
  /** Why a `callback_url` or an endpoint's URL is refused, naming the setting that would allow it; null when it is allowed. */
  refuseCallbackUrl: (url: string) => string | null
  /** What a provider's callback says, by the adapter of its account. Believes nothing of it. */
  readCallback: (account: string, callback: RawCallback) => CallbackReading
  readiness: () => Promise<Readiness>
  /** Asks each provider whether its credentials work, without spending. */
  accounts: (signal: AbortSignal) => Promise<readonly AccountView[]>
  /** False once the process is stopping: long polls answer at once. */
  stopping: AbortSignal
}
