import { jsonAnswer, type Answer } from '../../answer.ts'
import type { EndEffect, Refusal } from '../../dialect.ts'
import type { SimulatorRequest } from '../../request.ts'
import type { Task, TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'

/** Errors of the platform itself and the HTTP status of each; whatever else goes wrong is the model's own word. */
const REQUEST_ERRORS: ReadonlyMap<string, number> = new Map([
  ['request_timeout', 504],
  ['startup_timeout', 504],
  ['runner_scheduling_failure', 503],
  ['runner_connection_timeout', 503],
  ['runner_connection_error', 503],
  ['runner_disconnected', 502],
  ['runner_server_error', 500],
  ['client_cancelled', 499],
])

/** The codes of the service that fal has other statuses for. */
const STATUSES: ReadonlyMap<string, number> = new Map([
  ['model_not_found', 404],
  ['insufficient_quota', 403],
])

/** The model's own errors come as a list, those of the platform as a text. */
export function errorAnswer({ status, code, message }: Refusal): Answer {
  if (status === 422) return jsonAnswer(422, { detail: [{ loc: ['body'], msg: message, type: code }] })
  if (!REQUEST_ERRORS.has(code)) return jsonAnswer(STATUSES.get(code) ?? status, { detail: message })
  return jsonAnswer(status, { detail: message, error_type: code }, { 'x-fal-error-type': code })
}

export function noSuchRequest(id: string): Answer {
  return jsonAnswer(404, { detail: `Request ${id} not found` })
}

export const stillInProgress = (): Answer => jsonAnswer(400, { detail: 'Request is still in progress' })

/** The three URLs drop what follows the app in the model's name. */
function urlsOf({ id, model }: Task, { origin }: Verbs): Readonly<Record<string, string>> {
  const [owner = '', app = ''] = model.split('/')
  const request = `${origin}/${owner}/${app}/requests/${encodeURIComponent(id)}`
  return { response_url: request, status_url: `${request}/status`, cancel_url: `${request}/cancel` }
}

export function created({ task }: TaskView, verbs: Verbs): Answer {
  const waiting = { status: 'IN_QUEUE', request_id: task.id, queue_position: 0 }
  return jsonAnswer(200, { ...waiting, ...urlsOf(task, verbs) })
}

/** What went wrong, as the platform and the model say it. */
export function failureOf({ phase, task }: TaskView): Refusal | null {
  const { code, message } = task.script.failure
  switch (phase) {
    case 'queued':
    case 'running':
    case 'done':
      return null
    case 'cancelled':
      return { status: 499, code: 'client_cancelled', message: 'Request was cancelled by the client' }
    case 'error':
      return { status: 500, code: code ?? 'runner_server_error', message }
    case 'failed':
      return { status: REQUEST_ERRORS.get(code ?? '') ?? 422, code: code ?? 'internal_server_error', message }
  }
}

function errorFields(view: TaskView): object {
  const failure = failureOf(view)
  if (failure === null) return {}
  return failure.status === 422
    ? { error: 'Invalid status code: 422' }
    : { error: failure.message, error_type: failure.code }
}

function secondsBetween(fromMs: number | null, toMs: number | null): number {
  return fromMs === null || toMs === null ? 0 : Math.max(0, toMs - fromMs) / 1000
}

/** 202 while it goes on, and 200 once it is over, however it ended. */
export function statusAnswer(view: TaskView, verbs: Verbs, request: SimulatorRequest): Answer {
  const { phase, task, word } = view
  const logs = request.query.get('logs') === '1' ? [] : null
  const about = { request_id: task.id, ...urlsOf(task, verbs) }
  if (phase === 'queued') return jsonAnswer(202, { status: word ?? 'IN_QUEUE', ...about, queue_position: 0 })
  if (phase === 'running') return jsonAnswer(202, { status: word ?? 'IN_PROGRESS', ...about, logs })
  const metrics = { inference_time: secondsBetween(view.startedAtMs, view.finishedAtMs) }
  return jsonAnswer(200, { status: word ?? 'COMPLETED', ...about, logs, metrics, ...errorFields(view) })
}

/** What a finished run answers: the model's own output. */
export function output(view: TaskView, verbs: Verbs): object {
  const { type, kind, bytes } = verbs.clip(view)
  const url = verbs.link(view)
  if (url === null) return { seed: 7 }
  const video = { url, content_type: type, file_name: `out.${kind}`, file_size: bytes.length }
  return { video, seed: 7 }
}

/** The second step: the output, or the error itself. */
export function resultAnswer(view: TaskView, verbs: Verbs): Answer {
  const failure = failureOf(view)
  if (failure !== null) return errorAnswer(failure)
  if (view.phase !== 'done') return stillInProgress()
  return jsonAnswer(200, output(view, verbs), { 'x-fal-request-id': view.task.id })
}

/** It merely takes note: whether the run ends in time shows later. */
export function cancelAnswer(_view: TaskView, effect: EndEffect): Answer {
  return effect === 'nothing'
    ? jsonAnswer(400, { status: 'ALREADY_COMPLETED' })
    : jsonAnswer(202, { status: 'CANCELLATION_REQUESTED' })
}
