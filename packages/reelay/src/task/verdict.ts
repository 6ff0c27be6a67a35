/** Where an output's bytes are. Plain JSON: it is stored with the task and parsed again when read. */
export type Output = {
  /** `video` is archived; `thumbnail` and `last_frame` are kept beside it when a provider offers them. */
  role: 'video' | 'thumbnail' | 'last_frame'
  /** What the adapter's `open` needs to fetch it: a URL, a file id, a path. Opaque to the engine. */
  ref: string
  /** Declared by the provider, if it says. The bytes are sniffed in any case. */
  mime?: string
}

/** Codes with which a provider may end a task: a subset of the task error codes. */
export type ProviderFailure =
  | 'moderation_blocked'
  | 'invalid_input'
  | 'provider_failed'
  | 'provider_expired'
  | 'provider_cancelled'

/**
 * What a provider says of one job. An adapter returns it only when the answer parsed as that provider's own task object
 * (or as a business code that its closed table names as final). It throws `ProbeUnavailable` when the question could
 * not be asked or the answer was not readable: the look failed, the task did not.
 */
export type Verdict =
  | { kind: 'waiting'; progress?: number }
  | { kind: 'running'; progress?: number }
  | { kind: 'done'; outputs: readonly Output[]; expiresAtMs?: number; finishedAtMs?: number }
  | { kind: 'failed'; code: ProviderFailure; detail: string; finishedAtMs?: number }
  /** The provider answered in its own words that it has no such task. Believed only after a grace and two sightings. */
  | { kind: 'gone' }
  /** A status that the adapter's closed table does not know: the state is kept and looked at more slowly. */
  | { kind: 'unrecognised'; status: string }

/** What came of the billable request. A throw of `SubmitUnknown` is the remaining case: the answer was lost. */
export type StartOutcome =
  | { kind: 'accepted'; operation: Operation }
  /** A synchronous provider answered with the result itself. */
  | { kind: 'done'; operation: Operation; outputs: readonly Output[]; expiresAtMs?: number }
  /** Refused for good, by the provider's own words. */
  | { kind: 'rejected'; code: RejectionCode; detail: string }
  /** Definitely not accepted, and worth another try: connection never made, 429, account out of credit. */
  | { kind: 'not_sent'; detail: string; retryAtMs?: number; pauseAccountMs?: number }

/** `account` (401, 402, 403) pauses the account and may fall back; the others end the task. */
export type RejectionCode = 'moderation_blocked' | 'invalid_input' | 'rejected_by_provider' | 'account'

/** What an adapter needs to find its job again: plain JSON, stored with the attempt, parsed again when read. */
export type Operation = {
  /** The provider's own id of the job. Unique per provider account. */
  providerTaskId: string
  [field: string]: unknown
}
