/**
 * `unavailable`: optional packages are absent. `bad_input`: the job cannot be done as asked. `cancelled`, `stopped`: by
 * the caller. `timed_out`, `crashed`, `failed`: the child ran out of time, died, or reported an error.
 */
export type MediaFailure =
  | 'unavailable'
  | 'bad_input'
  | 'cancelled'
  | 'stopped'
  | 'timed_out'
  | 'crashed'
  | 'failed'

/** A media job did not finish. `reason` is stable; the message is for people. */
export class MediaFailed extends Error {
  override readonly name = 'MediaFailed'
  readonly reason: MediaFailure

  constructor(reason: MediaFailure, message: string) {
    super(message)
    this.reason = reason
  }
}
