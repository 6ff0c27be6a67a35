import type { TaskView } from '../../task.ts'
import { rpcNumberOf } from './google-error.ts'

/** As the code of a failure: the video is filtered out. It is done, and counts what is left out. */
const FILTERED = 'raiMediaFiltered'

export interface OperationShape {
  readonly metadata?: object
  /** What a finished one has made. */
  response(): object
  /** What it says where everything was filtered. */
  filtered(reason: string): object
}

/**
 * A long-running operation. While it runs there is no `done` in it, so waiting and running are the same.
 * There is no status word that a prompt could dictate. `error` is a `google.rpc.Status`: a number, and no word.
 */
export function operationOf({ task, phase }: TaskView, shape: OperationShape): object {
  const { code, message } = task.script.failure
  const { metadata } = shape
  const operation = metadata === undefined ? { name: task.id } : { name: task.id, metadata }
  switch (phase) {
    case 'queued':
    case 'running':
      return operation
    case 'done':
      return { ...operation, done: true, response: shape.response() }
    case 'failed':
      if (code === FILTERED) return { ...operation, done: true, response: shape.filtered(message) }
      return { ...operation, done: true, error: { code: rpcNumberOf(code), message } }
    case 'error':
      return { ...operation, done: true, error: { code: rpcNumberOf(code), message } }
    case 'cancelled': {
      const error = { code: rpcNumberOf('CANCELLED'), message: 'The operation was cancelled.' }
      return { ...operation, done: true, error }
    }
  }
}
