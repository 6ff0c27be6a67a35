import type { Phase } from './phase.ts'

/** One try to call back. */
export interface CallbackRecord {
  /** The same at each retry. */
  readonly id: string
  readonly taskId: string
  /** The phase it told of, whatever its body said; null for a handshake. */
  readonly phase: Phase | null
  /** From 1. */
  readonly attempt: number
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The faults that it was sent with. */
  readonly faults: readonly string[]
  /** The answer's status; null while there is none. */
  status: number | null
  /** The first kilobytes of the answer's body. */
  answer: string | null
  /** Why there is no answer. */
  error: string | null
  /** Whether the provider is content with the answer; null while it is not there. */
  accepted: boolean | null
}
