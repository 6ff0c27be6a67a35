import type { AccountAddresses } from '../callbacks/account-addresses.ts'
import type { Files } from '../files/files.ts'
import type { Observer } from '../observability/observer.ts'
import type { Catalog } from '../providers/catalog.ts'
import type { CallbackReading, JobHints, RawCallback } from '../providers/provider.ts'
import type { Limits, Store } from '../store/store.ts'
import type { Retention } from '../task/retention.ts'
import type { Clock } from '../system/clock.ts'
import type { Ids } from '../system/ids.ts'
import type { Log } from '../system/log.ts'
import type { Vault } from '../system/vault.ts'
import type { Operation, Verdict } from '../task/verdict.ts'
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
  /** Base of the addresses that providers call back; null: they cannot reach this gateway. */
  callbackBase: string | null
  linkTtlMs: number
  /** Of projects that have none of their own. */
  retention: Retention
  /** HMAC keys for signed links: the first signs, all verify. */
  linkKeys: readonly Uint8Array[]
  /** Profile of keys that say nothing else. */
  profile: StatusProfile
  /** Used when a request names no model; null: the model is required. */
  defaultModel: string | null
  limits: HttpLimits
  /** Of projects that have none of their own. */
  projectLimits: Limits
  /** Event streams of one project that this process keeps open. */
  streamsMax: number
  /** How many proxies stand in front and add to X-Forwarded-For. */
  trustedProxies: number
  /** Accept `api-key` / `x-api-key` headers and the `/openai/videos` alias. */
  azureAlias: boolean
  /** The folder of the built dashboard; it may be missing. */
  dashboardDir: string
  /** False in a process that only works on tasks. */
  servesApi: boolean
  version: string
  metrics: {
    /** Whoever reaches this gateway on this machine may read its figures. */
    isOpen: boolean
    /** Opens nothing but the figures; null: an admin key is needed. */
    token: string | null
  }
}

/** Figures in the format that their type names. */
export type Figures = { contentType: string; text: string }

export type Readiness = { ready: boolean; detail: Readonly<Record<string, unknown>> }

/** How one provider account fares, for administrators. */
export type AccountView = {
  provider: string
  account: string
  /** False for an account that tasks still wait for but that is no longer set up. */
  configured: boolean
  /** Epoch milliseconds; null when it is not paused now. */
  pausedUntilMs: number | null
  /** Why it is paused; null when it is not. */
  pauseReason: string | null
  inFlight: number
  /** Most jobs under way at a time; null when it is not configured. */
  inFlightMax: number | null
  /** Whether the provider is given an address to call back with each job. */
  callbacks: boolean
  /** What its operator may register there for all jobs of the account; null when it takes no such address. */
  callbackUrl: string | null
  check: { ok: boolean; detail: string } | null
}

/** A job that was made elsewhere, as its operator knows it. */
export type JobReference = JobHints & { account: string; id: string }

/** What a look at such a job led to. Nothing was spent or changed. */
export type JobLook =
  | { kind: 'found'; operation: Operation; verdict: Exclude<Verdict, { kind: 'gone' }>; deadlineMs: number }
  /** The account's provider has no jobs that an id leads to. */
  | { kind: 'impossible' }
  /** More has to be known of the job: a sentence for its operator. */
  | { kind: 'unclear'; reason: string }
  | { kind: 'absent' }
  /** The question could not be asked, or was not answered. */
  | { kind: 'unavailable'; reason: string; retryAfterMs: number | null }
  | { kind: 'paused'; untilMs: number }

/** Downloads an input that the client named by URL, through the guard. Throws `InputRefused`. */
export type FetchInput = (
  url: string,
  limits: { bytesMax: number; signal: AbortSignal },
) => Promise<AsyncIterable<Uint8Array>>

/** What asking for a copy of the database led to. */
export type BackupOutcome =
  | { kind: 'made'; path: string; bytes: number; startedAtMs: number; tookMs: number }
  /** The database has tools of its own for that: a sentence that names them. */
  | { kind: 'unsupported'; reason: string }
  | { kind: 'running' }
  | { kind: 'exists'; path: string }
  | { kind: 'no_room'; directory: string }

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
  /** Seals the cookies of the dashboard. */
  sessions: Vault
  /** Why a `callback_url` or an endpoint's URL is refused, naming the setting that would allow it; null when it is allowed. */
  refuseCallbackUrl: (url: string) => string | null
  /** What a provider's callback says, by the adapter of its account. Believes nothing of it. */
  readCallback: (account: string, callback: RawCallback) => CallbackReading | Promise<CallbackReading>
  /** The addresses that are registered for whole accounts. */
  accountAddresses: AccountAddresses
  observer: Observer
  metrics: () => Promise<Figures>
  readiness: () => Promise<Readiness>
  /** Copies the database to a file of this name, or of one made from the time. */
  backUp: (name: string | null) => Promise<BackupOutcome>
  /** Configured accounts, in the order in which they are preferred. */
  accountNames: () => readonly string[]
  /** Asks the provider of a configured account about a job, once. */
  lookAtJob: (job: JobReference, signal: AbortSignal) => Promise<JobLook>
  /** Asks each provider whether its credentials work, without spending. */
  accounts: (signal: AbortSignal) => Promise<readonly AccountView[]>
  /** How often to look for changes that nobody told this process of; null when it has the database to itself. */
  recheckMs: number | null
  /** Aborted once the process is stopping: long polls answer at once, and event streams end. */
  stopping: AbortSignal
}
