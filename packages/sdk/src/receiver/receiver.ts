import type { ReelayClient } from '../client.ts'
import type { Clock } from '../clock.ts'
import type { ReceiverError } from './receiver-error.ts'
import type { ReceiverStore } from './receiver-store.ts'
import type { VideoEvent } from './video-event.ts'
import type { WebhookHeaders } from './header-of.ts'

/** Largest body that is taken, in bytes. */
export const BODY_BYTES_MAX: number = 2 * 1024 * 1024

export type EventContext = {
  /** From 1. More than 1 after `onEvent` threw. */
  attempt: number
  /** The one of the options, for instance to download the file. */
  client: ReelayClient | null
  /** Aborts when the receiver closes. */
  signal: AbortSignal
}

export type PollingOptions = {
  /** From `track` to the first look, in milliseconds: 30000 by default. */
  firstMs?: number | undefined
  /** Longest pause between two looks, in milliseconds: 300000 by default. */
  maxMs?: number | undefined
  /** When a task that does not end is left to `resume()`, in milliseconds: 86400000 (a day) by default. */
  giveUpMs?: number | undefined
}

export type ReceiverOptions = {
  /**
   * `whsec_…`, several during a rotation. With it, only signed requests are accepted. Leave it out for a
   * provider that does not sign; nothing in a callback is believed then.
   */
  secret?: string | readonly string[] | undefined
  /** Asks the server about tasks. Needed without `secret`, and for `track`. */
  client?: ReelayClient | undefined
  /** In memory by default: a restart then forgets what the application has seen. */
  store?: ReceiverStore | undefined
  /**
   * Called once for each event of a task, one at a time per task. The event counts as seen when it resolves;
   * when it throws, it is called again later. A crash in between makes it be called again, too.
   */
  onEvent: (event: VideoEvent, context: EventContext) => Promise<void> | void
  /** What went wrong in the background. By default it becomes a warning of the process. */
  onError?: ((error: ReceiverError) => void) | undefined
  /**
   * Whether the server is asked before the application sees an event. `auto`, the default: for unsigned
   * callbacks, and for signed ones of completed videos that lack the link, if there is a client. `never`
   * believes anybody who knows the URL.
   */
  confirm?: 'auto' | 'always' | 'never' | undefined
  /** How far a sender's clock may be off, in seconds; 300 by default. */
  toleranceSeconds?: number | undefined
  polling?: PollingOptions | undefined
  /** Keeps a serverless instance alive for the work that follows an answer. */
  waitUntil?: ((work: Promise<void>) => void) | undefined
  /** Time, for tests. */
  clock?: Clock | undefined
}

export type ReceiverRequest = { method: string; headers: WebhookHeaders; body: Uint8Array }

export type ReceiverResponse = { status: number; headers: Readonly<Record<string, string>>; body: string }

export type HandleOptions = { waitUntil?: ((work: Promise<void>) => void) | undefined }

export interface Receiver {
  /** True when only signed requests are accepted, so that their bytes must arrive untouched. */
  readonly requiresSignature: boolean
  /** Answers one request: verified and stored, nothing more. The application sees the event afterwards. */
  handle(request: ReceiverRequest, options?: HandleOptions): Promise<ReceiverResponse>
  /**
   * Polls a task until it ends, unless an event ends it first: nothing is lost when its callback is. Call it
   * with the id of each task that you create; it may be called again.
   * @throws ReelayError `invalid_argument` without a client
   */
  track(taskId: string): Promise<void>
  /**
   * Takes up what is unfinished in the store: after a restart, and regularly where processes do not live
   * long. Looks at each tracked task at once. Resolves after the first try of each.
   */
  resume(): Promise<void>
  /** Resolves when nothing is being worked on. What waits for its next try does not count. */
  idle(): Promise<void>
  /**
   * Takes nothing more, and resolves when the work at hand is over. What waits for its next try stays in the
   * store, which is not closed. Do not await it in `onEvent`.
   */
  close(): Promise<void>
}
