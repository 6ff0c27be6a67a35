import { createHash } from 'node:crypto'
import { jsonAnswer, type Answer } from '../../answer.ts'
import type { Refusal } from '../../dialect.ts'
import { textField, type SimulatorRequest } from '../../request.ts'
import type { Task, TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'

/** A request that is wrong in itself comes with the words of its web framework around it. */
const framed = (status: number, message: string): string => `code=${status}, message=${message}`

/** The HTTP status again, as a number, and hardly ever a type. */
export function errorAnswer({ status, code, message }: Refusal): Answer {
  if (code === 'invalid_api_key') {
    const error = {
      code: status,
      message: 'An authentication key is required',
      type: 'invalid_request_error',
    }
    return jsonAnswer(status, { error })
  }
  const words = code === 'invalid_request' ? framed(status, message) : message
  return jsonAnswer(status, { error: { code: status, message: words, type: '' } })
}

export const notFound = (): Answer =>
  errorAnswer({ status: 404, code: 'not_found', message: 'Resource not found' })

/** The file's name without its end: made of the id, so that nobody has to remember it. */
function stemOf({ id }: Task): string {
  const hex = createHash('sha256').update(id).digest('hex').slice(0, 12)
  return `b64${Number.parseInt(hex, 16)}`
}

const fileOf = (task: Task): string => `/generated-videos/${stemOf(task)}.${task.script.clip}`

export function idOfFile(path: string, verbs: Verbs): string {
  return verbs.tasks().find(({ task }) => fileOf(task) === path)?.task.id ?? ''
}

function itemOf(view: TaskView, verbs: Verbs): object {
  if (textField(view.task.fields, 'response_format') === 'b64_json') {
    return { index: 0, b64_json: verbs.clip(view).bytes.toString('base64') }
  }
  const url = verbs.link(view, fileOf(view.task))
  return url === null ? { index: 0 } : { index: 0, url }
}

/** The whole of it: the video, or why there is none. */
export function made(view: TaskView, verbs: Verbs): Answer {
  const { task, phase } = view
  if (phase !== 'done') {
    const { code, message } = task.script.failure
    // A code that is a number is the status; by itself it is 500.
    const status = /^[45]\d\d$/u.test(code ?? '') ? Number(code) : 500
    return errorAnswer({ status, code: code ?? 'internal_error', message })
  }
  return jsonAnswer(200, {
    created: Math.floor((view.finishedAtMs ?? view.nowMs) / 1000),
    id: task.id,
    data: [itemOf(view, verbs)],
    usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
  })
}

export function fileAnswer(view: TaskView, verbs: Verbs, request: SimulatorRequest): Answer {
  // What was given inside the answer is deleted at once.
  const isInline = textField(view.task.fields, 'response_format') === 'b64_json'
  return view.phase === 'done' && !isInline ? verbs.file(view, request) : notFound()
}

export function modelList({ models }: Verbs): Answer {
  return jsonAnswer(200, { object: 'list', data: models.map((id) => ({ id, object: 'model' })) })
}
