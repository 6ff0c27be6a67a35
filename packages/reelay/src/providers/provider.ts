import type { SignatureVerdict } from '../callbacks/signature-verdict.ts'
import type { InputWay, ProviderModel } from '../task/capabilities.ts'
import type { TaskInput, VideoRequest } from '../task/request.ts'
import type { Timing } from '../task/schedule.ts'
import type { Operation, Output, StartOutcome, Verdict } from '../task/verdict.ts'

/** How one account of the provider is paced. */
export type Pacing = {
  /** Requests per second (submits and polls alike), and how many may go at once after a quiet time. */
  perSecond: number
  burst: number
  /** Most jobs under way upstream at a time. */
  inFlightMax: number
}

/** How adapters differ, as data: nobody compares their names. */
export type Traits = {
  timing: Timing
  pacing: Pacing
  /** `unsupported`: cancelling here cannot stop the upstream job, which may still be billed. */
  cancel: 'supported' | 'unsupported'
  /** How input files reach the provider; a model may say otherwise. */
  inputs: InputWay
  /** Keys that `provider_options` may have; anything else is refused at create. */
  providerOptions: readonly string[]
  /**
   * Where the provider calls back: at a URL of its own for each job, at one that its operator registers for the whole
   * account, or at either. Absent: nowhere.
   */
  callbacks?: 'per_request' | 'account' | 'both'
  /** True when models outside the catalog may be named exactly as `provider/model`. */
  openCatalog: boolean
}

export type InputFile = Pick<TaskInput, 'role' | 'mime' | 'bytes'> & {
  filename: string
  /** The whole file. Inputs are small (bounded at upload). */
  read(): Promise<Uint8Array>
  /**
   * A signed link that opens the file until the task's deadline, for adapters or models whose files go by `url`.
   * @throws Error when this gateway has no address that a provider could reach: asked before anything is sent, it makes
   * the task wait.
   */
  publicUrl(): string
}

export type StartRequest = {
  request: VideoRequest
  model: string
  inputs: readonly InputFile[]
  /** Unique per attempt. Adapters whose provider takes a client id send it. */
  clientToken: string
  /** Where the provider may call back about this job; null: nowhere. Only for adapters that take one for each job. */
  callbackUrl: string | null
  /**
   * Asked immediately before the billable request is written; false means that this process lost its lease, and the
   * adapter must answer `not_sent`.
   */
  mayStillSend(): boolean
  signal: AbortSignal
}

export type OpenedOutput = {
  body: AsyncIterable<Uint8Array>
  /** Declared length, if any: a shorter body is an error. */
  bytes: number | null
  close(): void
}

/** A callback's bytes and headers (lower-case names), as they arrived. */
export type RawCallback = {
  headers: Readonly<Record<string, string>>
  body: Uint8Array
  /** The address that the provider was given, as far as is known here, and the one that was called: a proxy may differ. */
  urls: readonly string[]
}

export type CallbackReading = {
  verdict: SignatureVerdict
  /** The job that it names, when that is enough to ask for it. */
  operation: Operation | null
  /** For callbacks about a whole account: the id of its job where `operation` has none, or only how that id ends. */
  job?: { id: string } | { idEnd: string }
  hint: 'ended' | 'moved'
  /** A handshake that must be answered with this JSON; nothing else is done then. */
  answer?: string
}

export type CredentialCheck = { ok: true; detail: string } | { ok: false; detail: string }

/** What an operator knows of a job that was made elsewhere, besides its id. */
export type JobHints = {
  /** At this provider, without its name before it. */
  model: string | null
  /** Under which the job was made, where a provider has several. */
  endpoint: string | null
}

/** One account of one provider. */
export interface Provider {
  readonly traits: Traits
  models(): readonly ProviderModel[]
  /**
   * Sends the billable request, once.
   * @throws SubmitUnknown when it may have been accepted but its answer was lost or is unreadable.
   */
  start(request: StartRequest): Promise<StartOutcome>
  /** @throws ProbeUnavailable when the question could not be asked or the answer was not the provider's own words. */
  probe(operation: Operation, signal: AbortSignal): Promise<Verdict>
  /**
   * Opens the bytes of an output.
   * @throws OutputGone when the link is dead (ask again with `probe`), OutputUnavailable when only this try failed.
   */
  open(output: Output, operation: Operation, signal: AbortSignal): Promise<OpenedOutput>
  /** Present when `traits.cancel` is `supported`. `refused`: too late. @throws ProbeUnavailable */
  cancel?(operation: Operation, signal: AbortSignal): Promise<'cancelled' | 'refused'>
  /** Looks the job of a lost answer up by the client token. `absent` only when the look-up is exhaustive. */
  find?(clientToken: string, signal: AbortSignal): Promise<Operation | 'absent' | 'unsure'>
  /**
   * The operation of a job that was made elsewhere, or what else has to be known of it. Pure: asks nobody. Absent where no id
   * leads to a job.
   */
  operationOf?(id: string, hints: JobHints): Operation | string
  /**
   * What a callback says, without believing it. Present with `traits.callbacks`. Whoever called waits for the answer: a
   * check that takes keys of the provider waits for them at most a second.
   */
  readCallback?(callback: RawCallback): CallbackReading | Promise<CallbackReading>
  /** Whether the credentials work, without spending. */
  check?(signal: AbortSignal): Promise<CredentialCheck>
  /** Releases what the adapter holds (connections, child processes). */
  stop?(): Promise<void>
}

/** The billable request may have been accepted; nobody knows. Never an invitation to send it again. */
export class SubmitUnknown extends Error {
  override readonly name = 'SubmitUnknown'
  /** What came back, cut to a few kilobytes, for the operator. */
  readonly rawAnswer: string | undefined
  constructor(message: string, options: { cause?: unknown; rawAnswer?: string | undefined } = {}) {
    super(message, { cause: options.cause })
    this.rawAnswer = options.rawAnswer
  }
}

/** A look at a job failed; the job did not. */
export class ProbeUnavailable extends Error {
  override readonly name = 'ProbeUnavailable'
  /** The account should rest for this long: 429, dead credentials, an outage. */
  readonly pauseAccountMs: number | undefined
  constructor(message: string, options: { cause?: unknown; pauseAccountMs?: number | undefined } = {}) {
    super(message, { cause: options.cause })
    this.pauseAccountMs = options.pauseAccountMs
  }
}

/** The output's link is dead: a fresh look at the job may give a new one. */
export class OutputGone extends Error {
  override readonly name = 'OutputGone'
}

/** This download failed; the link may still work. */
export class OutputUnavailable extends Error {
  override readonly name = 'OutputUnavailable'
}
