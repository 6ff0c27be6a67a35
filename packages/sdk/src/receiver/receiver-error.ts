export type ReceiverErrorCode =
  /** `onEvent` threw. It is called again later. */
  | 'event_failed'
  /** `onEvent` threw every time. `resume()`, or a repetition by its sender, takes it up again. */
  | 'event_given_up'
  /** The server could not be asked about a task. It is asked again later. */
  | 'poll_failed'
  /** No end within the time limit. `resume()` takes it up again. */
  | 'poll_given_up'
  /** The server does not know the task, said several times. It is dropped. */
  | 'task_not_found'
  /** An unsigned callback said that the task has ended, and the server says that it has not. */
  | 'claim_not_confirmed'
  /** An unsigned callback that names no task. It is stored and nothing else. */
  | 'unreadable_callback'
  /** A signed event of a type that this version does not know. It is stored and nothing else. */
  | 'unknown_event'
  | 'store_failed'

/** What went wrong in the background, for `onError`. `cause` is what was thrown. */
export class ReceiverError extends Error {
  override readonly name: string = 'ReceiverError'
  readonly code: ReceiverErrorCode
  readonly taskId: string | null
  /** Of the stored callback, for `store.callback(key)`. */
  readonly callbackKey: string | null

  constructor(
    code: ReceiverErrorCode,
    message: string,
    details: { taskId?: string | null; callbackKey?: string | null; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.taskId = details.taskId ?? null
    this.callbackKey = details.callbackKey ?? null
  }
}
